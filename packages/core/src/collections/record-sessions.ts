import { importedRecordId, MnemeshError, type RecordId } from '@mnemesh/protocol';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import { allOf, type Write } from '../write.js';
import {
  type Persona,
  type PersonaInput,
  type PersonaPatch,
  personaDefinition,
} from './persona.js';
import { RecordCollection } from './record-collection.js';
import { parse } from './schema.js';
import {
  type SessionInput,
  type SessionQuery,
  type SessionRecord,
  type Sessions,
  sessionDefinition,
  sessionInput,
} from './session-record.js';

/** Sessions as one of them writes and sees them. Its own record has an id derived from its own: begun twice, it is one. */
export class RecordSessions implements Sessions {
  readonly #replica: Replica;
  readonly #session: Session;
  readonly #records: RecordCollection<SessionRecord, object, object>;
  readonly #personas: RecordCollection<Persona, PersonaInput, PersonaPatch>;

  constructor(replica: Replica, session: Session) {
    this.#replica = replica;
    this.#session = session;
    this.#records = new RecordCollection(replica, session, sessionDefinition);
    this.#personas = new RecordCollection(replica, session, personaDefinition);
  }

  begin(input: SessionInput = {}): Write<SessionRecord> {
    return allOf(this.#begin(input), ([record]) => record as SessionRecord);
  }

  end(): Write<SessionRecord> {
    return allOf(this.#end(), ([record]) => record as SessionRecord);
  }

  async get(id: RecordId): Promise<SessionRecord | undefined> {
    const record = await this.#records.get(id);
    return record !== undefined && isOwn(record) ? record : undefined;
  }

  async list({ agent, limit }: SessionQuery = {}): Promise<readonly SessionRecord[]> {
    const records = await this.#records.list({
      ...(agent === undefined ? {} : { state: agent }),
      ...(limit === undefined ? {} : { limit }),
    });
    return records.filter(isOwn);
  }

  /** Another process goes on with this session: what it had taken on is told again. */
  async resume(): Promise<void> {
    const own = await this.#own();
    if (own?.persona !== undefined && own.endedAt === undefined)
      this.#replica.presence.set(this.#session, { persona: own.persona });
  }

  async #begin(given: SessionInput): Promise<readonly Write<SessionRecord>[]> {
    this.#replica.refuseWhenClosed();
    const { title, persona } = parse(sessionInput, given, 'session');
    if (persona !== undefined) await this.#refuseUnknown(persona);
    const own = await this.#own();
    const write =
      own === undefined
        ? this.#records.import({ id: this.#id, input: { ...this.#start(), ...given } })
        : this.#records.update(own.id, {
            endedAt: null,
            title: title ?? null,
            persona: persona ?? null,
          });
    await write;
    this.#replica.presence.set(this.#session, { persona: persona ?? null });
    return [write];
  }

  async #end(): Promise<readonly Write<SessionRecord>[]> {
    this.#replica.refuseWhenClosed();
    const own = await this.#own();
    if (own === undefined)
      throw new MnemeshError(
        'not_found',
        'This session was not begun. Call sessions.begin() first.',
      );
    const write = this.#records.update(own.id, { endedAt: this.#now });
    await write;
    this.#replica.presence.set(this.#session, { persona: null });
    return [write];
  }

  get #id(): RecordId {
    return importedRecordId('mnemesh', 'session', this.#session.id, undefined);
  }

  get #now(): string {
    return new Date(this.#replica.runtime.now()).toISOString();
  }

  #start(): object {
    const { agent, id } = this.#session;
    return { agent: agent.id, session: id, startedAt: this.#now };
  }

  #own(): Promise<SessionRecord | undefined> {
    return this.#records.get(this.#replica.ends.raised(this.#records.namespace, this.#id));
  }

  async #refuseUnknown(persona: string): Promise<void> {
    if ((await this.#personas.count({ state: persona })) > 0) return;
    const known = await this.#personas.list({ limit: 20 });
    const names = known.map(({ name }) => name).join(', ') || 'none yet';
    throw new MnemeshError(
      'not_found',
      `There is no persona "${persona}". Make it with personas.create(), or take one of these: ${names}.`,
    );
  }
}

/** Anybody can write a record that names another agent; only its own counts. */
function isOwn({ agent, createdBy }: SessionRecord): boolean {
  return agent === createdBy;
}
