import { textId } from '@mnemesh/core';
import { proseSegment, type RecordId } from '@mnemesh/protocol';
import type { RecordName } from './messages.js';

/** What stands for the text of a prose document where acks are waited for. */
export function textOf(record: RecordName | undefined): RecordName | undefined {
  const segment = record && proseSegment(record.id as RecordId);
  return segment === undefined ? record : ({ ...record, id: textId({ segment }) } as RecordName);
}
