import type { Json } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';

/** @throws MnemeshError `bad_input` */
export function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MnemeshError('bad_input', `The record is no JSON: ${reason}.`);
  }
}
