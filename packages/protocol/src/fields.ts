import type * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { encodeUtf8 } from 'lib0/string';
import { fromHex, toHex } from './bytes.js';
import { readBlob, readByte, readBytes, readText, readUint, within } from './reading.js';

/**
 * A field of a frame: how it is written, how it is read back with its limit, and a description of
 * both that the schema hash covers.
 */
export interface Field<T> {
  readonly spec: string;
  write(encoder: encoding.Encoder, value: T): void;
  read(decoder: decoding.Decoder): T;
}

export type FieldValue<F> = F extends Field<infer T> ? T : never;

export function uint(max: number = Number.MAX_SAFE_INTEGER): Field<number> {
  return {
    spec: `uint<=${max}`,
    write: (encoder, value) => {
      if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no count`);
      encoding.writeVarUint(encoder, within(value, max));
    },
    read: (decoder) => readUint(decoder, max),
  };
}

export const flag: Field<boolean> = {
  spec: 'flag',
  write: (encoder, value) => encoding.writeUint8(encoder, value ? 1 : 0),
  read: (decoder) => within(readByte(decoder), 1) === 1,
};

/** Length-prefixed bytes. The value read is a copy, so it does not keep the frame alive. */
export function bytes(max: number): Field<Uint8Array> {
  return {
    spec: `bytes<=${max}`,
    write: (encoder, value) => {
      within(value.length, max);
      encoding.writeVarUint8Array(encoder, value);
    },
    read: (decoder) => readBlob(decoder, max),
  };
}

/** A fixed number of bytes, hex in memory. */
export function hex<T extends string>(length: number): Field<T> {
  return {
    spec: `hex[${length}]`,
    write: (encoder, value) => {
      const raw = fromHex(value);
      if (raw.length !== length) throw new RangeError(`expected ${length} bytes`);
      encoding.writeUint8Array(encoder, raw);
    },
    read: (decoder) => toHex(readBytes(decoder, length)) as T,
  };
}

/** UTF-8 text. `parse` brands it and refuses what is malformed. */
export function text<T extends string>(maxBytes: number, parse: (text: string) => T): Field<T> {
  return {
    spec: `text<=${maxBytes}`,
    write: (encoder, value) => {
      const utf8 = encodeUtf8(value);
      within(utf8.length, maxBytes);
      encoding.writeVarUint8Array(encoder, utf8);
    },
    read: (decoder) => parse(readText(decoder, maxBytes)),
  };
}

/** UTF-8 text for people. What exceeds the limit is cut by the sender: why a link ends must never fail to be said. */
export function cutText(maxBytes: number): Field<string> {
  const whole = text(maxBytes, (value) => value);
  return { ...whole, write: (encoder, value) => whole.write(encoder, cut(value, maxBytes)) };
}

function cut(value: string, maxBytes: number): string {
  let fitting = value.slice(0, maxBytes);
  while (encodeUtf8(fitting).length > maxBytes) fitting = fitting.slice(0, -1);
  return fitting;
}

export function choice<const T extends readonly string[]>(values: T): Field<T[number]> {
  return {
    spec: `choice(${values.join('|')})`,
    write: (encoder, value) => {
      const index = values.indexOf(value);
      if (index < 0) throw new RangeError(`unknown choice ${value}`);
      encoding.writeUint8(encoder, index);
    },
    read: (decoder) => {
      const value = values[readByte(decoder)];
      if (value === undefined) throw new RangeError('unknown choice');
      return value;
    },
  };
}

export function list<T>(item: Field<T>, max: number): Field<readonly T[]> {
  return {
    spec: `list(${item.spec})<=${max}`,
    write: (encoder, values) => {
      encoding.writeVarUint(encoder, within(values.length, max));
      for (const value of values) item.write(encoder, value);
    },
    read: (decoder) => {
      const count = readUint(decoder, max);
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(item.read(decoder));
      return values;
    },
  };
}

export function optional<T>(item: Field<T>): Field<T | undefined> {
  return {
    spec: `optional(${item.spec})`,
    write: (encoder, value) => {
      flag.write(encoder, value !== undefined);
      if (value !== undefined) item.write(encoder, value);
    },
    read: (decoder) => (flag.read(decoder) ? item.read(decoder) : undefined),
  };
}

export type Shape = { readonly [name: string]: Field<never> | Field<unknown> };
export type ShapeValue<S> = { readonly [Name in keyof S]: FieldValue<S[Name]> };

export function struct<S extends Record<string, unknown>>(shape: S): Field<ShapeValue<S>> {
  const fields = Object.entries(shape) as [string, Field<unknown>][];
  return {
    spec: `{${fields.map(([name, field]) => `${name}:${field.spec}`).join(',')}}`,
    write: (encoder, value) => {
      for (const [name, field] of fields)
        field.write(encoder, (value as Record<string, unknown>)[name]);
    },
    read: (decoder) => {
      const value: Record<string, unknown> = {};
      for (const [name, field] of fields) value[name] = field.read(decoder);
      return value as ShapeValue<S>;
    },
  };
}
