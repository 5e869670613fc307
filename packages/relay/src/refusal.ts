import {
  type CloseCode,
  closeCodes,
  encodeFrame,
  hasCode,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  limits as wireLimits,
} from '@mnemesh/protocol';

/** Why a link ends, for its peer's program and for the person there. */
export interface Refusal {
  readonly code: string;
  readonly closeCode: CloseCode;
  readonly message: string;
}

export function speaks(protocol: number): boolean {
  return protocol >= MIN_PROTOCOL_VERSION && protocol <= PROTOCOL_VERSION;
}

const spoken = [...new Set([MIN_PROTOCOL_VERSION, PROTOCOL_VERSION])].join(' to ');

export function refuseProtocol(protocol: number): Refusal {
  return {
    code: 'unknown_protocol',
    closeCode: closeCodes.unknownProtocol,
    message: `This relay speaks protocol ${spoken}, not ${protocol}. Install the same version on both ends.`,
  };
}

export const refuseFork: Refusal = {
  code: 'store_forked',
  closeCode: closeCodes.storeForked,
  message:
    'This store is a copy, or was restored from an older one. It takes a new id and syncs by state.',
};

/** What an error of a link's own making, or of the relay's, means to its peer. */
export function refusalOf(error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  if (hasCode(error, 'bad_frame')) {
    return { code: 'bad_frame', closeCode: closeCodes.badFrame, message };
  }
  if (hasCode(error, 'overloaded')) {
    return { code: 'overloaded', closeCode: closeCodes.overloaded, message };
  }
  return {
    code: 'store_failed',
    closeCode: closeCodes.storeFailed,
    message: 'The relay could not read or write its log. Connect again.',
  };
}

/** The frame that says it, cut to what the wire allows. */
export function encodeRefusal({ code, message }: Refusal): Uint8Array {
  return encodeFrame({
    type: 'error',
    code,
    message: message.slice(0, wireLimits.errorChars / BYTES_PER_CHAR),
  });
}

/** The wire limits a message's bytes, and a UTF-16 unit takes up to three. */
const BYTES_PER_CHAR = 3;
