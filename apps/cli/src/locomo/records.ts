import type { ImportedConversation, ImportedEvent } from '@mnemesh/core';
import { importedRecordId, type RecordId } from '@mnemesh/protocol';
import type { Sample, Session, Turn } from './sample.js';

const IMPORTER = 'locomo';

/** The records of a conversation, under ids that every replica importing it derives. */
export interface SampleRecords {
  readonly conversation: ImportedConversation;
  readonly events: readonly ImportedEvent[];
}

export function refOf(name: string): string {
  return `${IMPORTER}:${name}`;
}

export function recordsOf(sample: Sample, source: string): SampleRecords {
  const { id: name, speakers, sessions } = sample;
  const idOf = (sourceId: string, session: Session | undefined): RecordId =>
    importedRecordId(IMPORTER, source, sourceId, session?.at?.slice(0, 7));
  const id = idOf(name, sessions[0]);
  const turns = sessions.flatMap((session) => session.turns.map((turn) => ({ session, turn })));
  return {
    conversation: {
      id,
      input: {
        title: `${name}: ${speakers.join(' and ')}`,
        kind: 'chat',
        participants: speakers,
        metadata: { sessions: sessions.length },
        ref: refOf(name),
      },
    },
    events: turns.map(({ session, turn }, position) => ({
      id: idOf(`${name}/${turn.id}`, session),
      input: {
        conversation: id,
        position,
        ...eventOf(turn, session),
        ref: refOf(`${name}/${turn.id}`),
      },
    })),
  };
}

function eventOf(
  { speaker, text, caption, extra }: Turn,
  { number, at }: Session,
): Omit<ImportedEvent['input'], 'conversation' | 'position'> {
  return {
    kind: 'message',
    session: number,
    speaker,
    text,
    ...(caption === undefined ? {} : { caption }),
    ...(at === undefined ? {} : { at }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
