import { MnemeshError, type Namespace, type RecordId } from '@mnemesh/protocol';

export function tooLong(characters: number, most: number): MnemeshError {
  return new MnemeshError(
    'too_large',
    `A prose document has at most ${most} characters, and this would have ${characters}. Split it.`,
  );
}

export function notRead(id: RecordId): MnemeshError {
  return new MnemeshError(
    'bad_input',
    `This session has not read ${id}, so it cannot be told what the new text changes. Get the document first, or give the text that yours was made from as "base".`,
  );
}

export function notArrived(id: RecordId): MnemeshError {
  return new MnemeshError(
    'not_found',
    `The text of ${id} has not arrived on this device yet. It is fetched; try again when a relay or peer is linked.`,
    { retryable: true },
  );
}

export function notShared(namespace: Namespace): MnemeshError {
  return new MnemeshError(
    'bad_input',
    `Prose documents are edited together, and ${namespace} is on this device alone. Use another namespace.`,
  );
}
