import type { StoredRecord } from '../ports/index.js';
import type { Session } from '../session.js';
import type { StoredView } from './projection.js';
import { targets } from './references.js';
import { showTopics } from './topics.js';

/** The session gets to see this record: what it writes of it, or of its topics, is written in knowledge of it. */
export function showRecord(session: Session, record: StoredRecord): StoredView {
  const view = JSON.parse(record.view) as StoredView;
  const { namespace, id } = record;
  session.show(namespace, id, view.shown);
  if (view.topical !== undefined)
    showTopics(session, namespace, targets(view.references, 'topic'), view.topical);
  return view;
}

/** As `showRecord`; text that the session stores again from now on is a confirmation. Not for what it wrote itself. */
export function readRecord(session: Session, record: StoredRecord): StoredView {
  const view = showRecord(session, record);
  const { content } = view.fields;
  if (typeof content === 'string') session.texts.add(record.namespace, record.id, content);
  return view;
}

/** The record as its collection shows it, without what only the store and the session need. */
export function viewOf(
  { id, namespace }: Pick<StoredRecord, 'id' | 'namespace'>,
  view: StoredView,
): object {
  const {
    fields,
    shown: _,
    references: __,
    topical: ___,
    audits: ____,
    kept: _____,
    ...rest
  } = view;
  return { id, namespace, ...fields, ...rest };
}
