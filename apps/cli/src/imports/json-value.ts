import type { Json } from '@mnemesh/core';

export type JsonObject = { readonly [name: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** `value` without the named members. */
export function without(value: JsonObject, names: Iterable<string>): JsonObject {
  const left = new Set(names);
  return Object.fromEntries(Object.entries(value).filter(([name]) => !left.has(name)));
}

/** Names that a validator drops because assigning them reaches an object's prototype. */
const UNSAFE_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Whether a record can hold this value as it is. Names that reach prototypes, and halves of
 * surrogate pairs, which UTF-8 cannot say, do not survive there; they have to travel as JSON text.
 */
export function isStorable(value: Json): boolean {
  if (typeof value === 'string') return isUnicode(value);
  if (isArray(value)) return value.every(isStorable);
  if (!isObject(value)) return true;
  return Object.entries(value).every(
    ([name, member]) => !UNSAFE_NAMES.has(name) && isUnicode(name) && isStorable(member),
  );
}

function isUnicode(text: string): boolean {
  try {
    encodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
