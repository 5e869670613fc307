import {
  homeSegment,
  MnemeshError,
  parseRecordId,
  proseRecord,
  proseSegment,
  type RecordId,
  type SegmentName,
} from '@mnemesh/protocol';
import { beginProse, emptyState, isEmptyState } from '@mnemesh/segment';
import type { CollectionChange, CreateOptions } from '../collections/collection.js';
import { RecordCollection } from '../collections/record-collection.js';
import { DIRECTORY_NAMESPACE } from '../documents/directory.js';
import { isLocalNamespace } from '../documents/local-namespace.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { ForgetStatus } from '../forgetting/forget-status.js';
import { MEMBER_SIGN } from '../records/base-data.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import type { Write, Written } from '../write.js';
import {
  type OpenProse,
  type Prose,
  type ProseDocument,
  type ProseInput,
  type ProsePatch,
  type ProseText,
  type PulledText,
  proseDefinition,
  type ReplaceOptions,
} from './prose-document.js';
import { notArrived, notRead, notShared, tooLong } from './prose-errors.js';
import { ProseHandle } from './prose-handle.js';
import { HeldText, type ProseSource, pullFrom, pushTo } from './prose-source.js';
import { type Stages, together, withText } from './prose-stages.js';
import { replacedText } from './replace-text.js';

/** Prose documents of one namespace, as one session sees and edits them. */
export class ProseDocuments
  extends RecordCollection<ProseDocument, ProseInput, ProsePatch>
  implements Prose
{
  readonly #replica: Replica;
  readonly #session: Session;

  constructor(replica: Replica, session: Session, namespace: string = proseDefinition.namespace) {
    super(replica, session, proseDefinition, namespace);
    this.#replica = replica;
    this.#session = session;
  }

  override in(namespace: string): ProseDocuments {
    return new ProseDocuments(this.#replica, this.#session, super.in(namespace).namespace);
  }

  override create(
    { text = '', ...record }: ProseInput,
    options: CreateOptions = {},
  ): Write<ProseDocument> {
    return this.attempt(async () => {
      if (isLocalNamespace(this.namespace)) throw notShared(this.namespace);
      this.#checkText(text);
      if (options.id !== undefined) this.#placeOf(options.id);
      const written = await this.add(record, options);
      // Undefined where an id was given under which something else is.
      const id = (written.value as ProseDocument | undefined)?.id;
      if (id === undefined || !(await this.#fill(this.#placeOf(id), text))) return written;
      this.#session.texts.addProse(this.namespace, id, text);
      return together(written.value, [written, this.#stages(id)]);
    });
  }

  override async get(id: RecordId): Promise<ProseText | undefined> {
    const document = await super.get(id);
    const { segments, prose } = this.#replica;
    if (document === undefined) return undefined;
    const place = this.#placeOf(id);
    if (segments.isOver(place)) return undefined;
    this.#replica.fetch(place);
    const isHere = await this.#isHere(place);
    const text = isHere ? await segments.use(place, async (segment) => segment.text) : '';
    const arrived = isHere || !this.#replica.mayArrive(place);
    if (arrived) this.#session.texts.addProse(this.namespace, id, text);
    const editedAt = await prose.texts.editedAt(place);
    return {
      ...document,
      text,
      arrived,
      ...(editedAt === undefined ? {} : { editedAt: new Date(editedAt).toISOString() }),
    };
  }

  async open(id: RecordId): Promise<OpenProse> {
    this.#replica.refuseWhenClosed();
    const place = await this.#existing(id);
    return this.#handle(id, place, this.#source(id, place));
  }

  async pull(id: RecordId, state?: string): Promise<PulledText> {
    this.#replica.refuseWhenClosed();
    return pullFrom(this.#source(id, await this.#existing(id)), state);
  }

  async push(id: RecordId, updates: readonly string[]): Promise<string | null> {
    this.#replica.refuseWhenClosed();
    return pushTo(this.#source(id, await this.#existing(id)), updates);
  }

  onText(id: RecordId, listener: (id: RecordId) => void): () => void {
    let isOver = false;
    const tell = (): void => {
      if (!isOver) listener(id);
    };
    Promise.resolve().then(tell, () => undefined);
    const stop = this.#replica.prose.onChange(this.#placeOf(id), tell);
    return () => {
      isOver = true;
      stop();
    };
  }

  replace(id: RecordId, text: string, { base }: ReplaceOptions = {}): Write<ProseText> {
    return this.attempt(() => {
      const from = base ?? this.#session.texts.prose(this.namespace, id);
      this.#checkText(text);
      if (from === undefined) throw notRead(id);
      return this.#edit(id, (handle) => {
        this.#checkLength(replacedText(handle.text(), text, from));
        handle.replace(text, { base: from });
      });
    });
  }

  append(id: RecordId, text: string): Write<ProseText> {
    return this.attempt(() => {
      this.#checkText(text);
      return this.#edit(id, ({ content }) => {
        this.#checkLength(content.toString() + text);
        content.insert(content.length, text);
      });
    });
  }

  override watch(
    listener: (changes: readonly CollectionChange<ProseDocument>[]) => void,
  ): () => void {
    let isOver = false;
    const stopRecords = super.watch(listener);
    const stopTexts = this.#replica.prose.texts.onText(({ namespace, segment }, origin) => {
      if (namespace !== this.namespace) return;
      const id = proseRecord(segment) as RecordId;
      super.get(id).then(
        (record) => {
          if (record !== undefined && !isOver) listener([{ id, record, origin }]);
        },
        () => undefined, // the mesh has closed
      );
    });
    return () => {
      isOver = true;
      stopRecords();
      stopTexts();
    };
  }

  override forget(id: RecordId): Write<void> {
    return this.attempt(() => this.#forget(parseRecordId(id)));
  }

  /** Of the record and the text: a holder is done when it has scrubbed both. */
  override async forgotten(id: RecordId): Promise<ForgetStatus | undefined> {
    const status = await super.forgotten(id);
    if (status === undefined) return undefined;
    const { segment } = this.#placeOf(id);
    const { forgetting } = this.#replica;
    const text = await forgetting.endStatus({ namespace: this.namespace, floor: 0, segment });
    return withText(status, text);
  }

  async #forget(id: RecordId): Promise<Written<undefined>> {
    if ((await this.#replica.store.record(this.namespace, id)) === undefined)
      throw this.notFound(id);
    const place = this.#placeOf(id);
    // The text first: what a crash leaves is a record without one, which can be forgotten again.
    if (!this.#replica.segments.isOver(place))
      await this.#replica.ends.endSegments(this.#session, [place]);
    const { segments } = this.#replica;
    const directory = segments.place(DIRECTORY_NAMESPACE, '0' as SegmentName);
    const ended = await segments.stateOf(directory);
    const buried = await this.bury(id, null);
    return together(undefined, [
      buried,
      {
        stages: {
          acked: () => this.#replica.acked(directory, ended),
          synced: () => this.#replica.synced(directory),
        },
      },
    ]);
  }

  /** The record says last that it was done: whoever does not hear how it ended can tell by it. */
  async #edit(id: RecordId, change: (handle: ProseHandle) => void): Promise<Written<ProseText>> {
    const place = await this.#existing(id);
    if (!(await this.#isHere(place))) {
      if (this.#replica.mayArrive(place)) throw notArrived(id);
      // A power cut came between its record and its text. Were that elsewhere after all, both would merge.
      await this.#fill(place, '');
    }
    await this.#replica.prose.shortly(place, async (client) => {
      const source = this.#source(id, place, async () => undefined);
      const handle = await this.#handle(id, place, source);
      try {
        handle.writeAs(client);
        change(handle);
        await handle.saved;
      } finally {
        // Whoever is told that it failed may do it again: nothing of it is saved after that.
        await handle.giveUp();
      }
    });
    await this.#edits(id);
    return together((await this.get(id)) as ProseText, [this.#stages(id), this.#recordStages(id)]);
  }

  /** A document is never empty: it begins with what it says of itself. */
  async #isHere(place: SegmentPlace): Promise<boolean> {
    return !isEmptyState(await this.#replica.segments.stateOf(place));
  }

  async #existing(id: RecordId): Promise<SegmentPlace> {
    const document = await super.get(parseRecordId(id));
    const place = this.#placeOf(id);
    if (document === undefined || this.#replica.segments.isOver(place)) throw this.notFound(id);
    this.#replica.fetch(place);
    return place;
  }

  async #handle(id: RecordId, place: SegmentPlace, source: ProseSource): Promise<ProseHandle> {
    const { prose, runtime } = this.#replica;
    const { limits } = prose;
    const handle = new ProseHandle({ id, source, runtime, limits, closed: () => letGo() });
    const stop = prose.onChange(place, () => {
      handle.refresh().catch((error: unknown) => {
        runtime.log('debug', 'a prose document is not read on', { error: String(error) });
      });
    });
    const letGo = (): void => {
      stop();
      prose.closed(handle);
    };
    prose.opened(handle);
    try {
      await handle.refresh();
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** @param say tells whose edits they are; default: once a session */
  #source(
    id: RecordId,
    place: SegmentPlace,
    say = (): Promise<void> =>
      this.#replica.prose.editing(this.#session.id, place, () => this.#edits(id)),
  ): ProseSource {
    return new HeldText(this.#replica.prose.around, place, async () => {
      await this.#replica.listed(place);
      await say();
    });
  }

  /** Says that this session's agent edits the document: each time it begins to, and not with every sign. */
  async #edits(id: RecordId): Promise<void> {
    await this.mark(id, `editors${MEMBER_SIGN}${this.#session.agent.id}`, {});
  }

  /** Writes the beginning of a document. @returns false where there is one already */
  async #fill(place: SegmentPlace, text: string): Promise<boolean> {
    const { segments, prose } = this.#replica;
    await this.#replica.listed(place);
    // In the document's turn: of two that create it under one id, the later finds what the earlier began.
    return prose.shortly(place, (client) =>
      segments.use(place, async (segment) => {
        if (!isEmptyState(segment.state)) return false;
        const { saved } = await segment.receive([beginProse(text, client)], 'local');
        await saved;
        return true;
      }),
    );
  }

  #recordStages(id: RecordId): Promise<Stages> {
    return this.#stages(id, this.#replica.segments.place(this.namespace, homeSegment(id)));
  }

  /** Of all that is held of a document now. */
  async #stages(id: RecordId, place = this.#placeOf(id)): Promise<Stages> {
    const { segments } = this.#replica;
    const state = segments.isOver(place) ? emptyState : await segments.stateOf(place);
    return {
      stages: {
        acked: () => this.#replica.acked(place, state),
        synced: () => this.#replica.synced(place),
      },
    };
  }

  #checkText(text: unknown): void {
    if (typeof text !== 'string') throw new MnemeshError('bad_input', 'A text is a string.');
    this.#checkLength(text);
  }

  #checkLength({ length }: string): void {
    const { limits } = this.#replica.prose;
    if (length > limits.characters) throw tooLong(length, limits.characters);
  }

  /** @throws MnemeshError `not_found` for ids that no prose document has */
  #placeOf(id: RecordId): SegmentPlace {
    const segment = proseSegment(parseRecordId(id));
    if (segment === undefined) throw this.notFound(id);
    return this.#replica.segments.place(this.namespace, segment);
  }
}
