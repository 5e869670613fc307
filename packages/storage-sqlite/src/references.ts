import type { NamedBy, RecordReferences, Reference, TopicPlace } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';
import type { Database, Row } from '@mnemesh/sqlite';
import type { DocumentTables } from './documents.js';
import { specs, TableWriter } from './tables.js';

/** What records refer to, found from the other end; and by which rules each namespace was projected. */
export class ReferenceTables {
  readonly #database: Database;
  readonly #documents: DocumentTables;
  readonly #references: TableWriter;
  readonly #projections: TableWriter;

  constructor(database: Database, documents: DocumentTables) {
    this.#database = database;
    this.#documents = documents;
    this.#references = new TableWriter(database, specs.references);
    this.#projections = new TableWriter(database, specs.projections);
  }

  drop(namespace: Namespace, id: RecordId): void {
    this.#database
      .prepare('DELETE FROM record_references WHERE id = ? AND namespace = ?')
      .run(id, namespace);
  }

  /** Replaces what this record refers to. */
  put({ guid, namespace, id, references }: RecordReferences): void {
    this.drop(namespace, id);
    if (references.length === 0) return;
    const document = this.#documents.number(guid, namespace);
    for (const { kind, target } of references)
      this.#references.insert({ document, namespace, id, kind, target });
  }

  namedBy(
    namespace: Namespace,
    kind: Reference['kind'],
    targets: readonly string[],
  ): readonly NamedBy[] {
    const select = this.#database.prepare(
      'SELECT DISTINCT target, id FROM record_references WHERE kind = ? AND target = ? AND namespace = ?',
    );
    return [...new Set(targets)]
      .flatMap((target) => select.all<NamedBy & Row>(kind, target, namespace))
      .map(({ target, id }) => ({ target, id }))
      .sort(byId);
  }

  /** Most topics have one record: they are left out before anything else is asked of the rest. */
  contestedTopics(
    namespaces: readonly Namespace[] | undefined,
    after: TopicPlace | undefined,
    limit: number,
  ): readonly TopicPlace[] {
    const within =
      namespaces === undefined ? '' : `AND namespace IN (${namespaces.map(() => '?')})`;
    return this.#database
      .prepare(
        `SELECT x.namespace, x.target AS topic
         FROM (SELECT target, namespace FROM record_references WHERE kind = 'topic' ${within}
               ${after === undefined ? '' : 'AND (target, namespace) > (?, ?)'}
               GROUP BY target, namespace HAVING COUNT(*) > 1) t
         CROSS JOIN record_references x ON x.kind = 'topic' AND x.target = t.target AND x.namespace = t.namespace
         CROSS JOIN records r ON r.id = x.id AND r.namespace = x.namespace AND r.archived = 0
         WHERE NOT ${isSuperseded('x')}
         GROUP BY x.target, x.namespace HAVING COUNT(DISTINCT x.id) > 1
         ORDER BY x.target, x.namespace LIMIT ?`,
      )
      .all<TopicPlace & Row>(
        ...(namespaces ?? []),
        ...(after === undefined ? [] : [after.topic, after.namespace]),
        limit,
      )
      .map(({ namespace, topic }) => ({ namespace, topic }));
  }

  noteProjection(namespace: Namespace, rules: string): void {
    this.#projections.insert({ namespace, rules });
  }

  projections(): ReadonlyMap<Namespace, string> {
    const rows = this.#database
      .prepare('SELECT namespace, rules FROM projections')
      .all<{ readonly namespace: Namespace; readonly rules: string }>();
    return new Map(rows.map(({ namespace, rules }) => [namespace, rules]));
  }
}

/** A condition on rows that have an id and a namespace. */
export function isSuperseded(table: string): string {
  return `EXISTS (SELECT 1 FROM record_references s WHERE s.kind = 'supersedes' AND s.target = ${table}.id AND s.namespace = ${table}.namespace)`;
}

function byId(a: NamedBy, b: NamedBy): number {
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return a.target < b.target ? -1 : 1;
}
