import { canonicalJson, type Json } from '@mnemesh/core';
import {
  AbstractType,
  ContentFormat,
  ContentString,
  ContentType,
  createRelativePositionFromTypeIndex,
  Doc,
  type Item,
  XmlElement,
  XmlText,
} from 'yjs';

/** One value of a document that can be an item: what a map has under a key, what an array has at a place, or a text. */
export interface SharedValue {
  /** Stays the same while the value changes or moves: the type's name, and its key or the id that Yjs gave it. */
  readonly path: string;
  /** What people call it: the type, and the key if there is one. */
  readonly label: string;
  readonly value: unknown;
}

/** All values of a document's top-level types, one level deep. */
export function sharedValues(doc: Doc): readonly SharedValue[] {
  return [...doc.share.keys()].sort().flatMap((name) => valuesOf(doc, name));
}

/** A document does not say of which kind its types are: what lies in them does. */
function valuesOf(doc: Doc, name: string): readonly SharedValue[] {
  const type = doc.share.get(name) as AbstractType<unknown>;
  const path = encodeURIComponent(name);
  const entries = type._map.size === 0 ? [] : mapValues(doc, name, path);
  const first = firstContent(type);
  if (first === undefined) return entries;
  if (first instanceof ContentString || first instanceof ContentFormat)
    return [...entries, { path, label: name, value: doc.getText(name).toString() }];
  if (isMarkup(first))
    return [...entries, { path, label: name, value: doc.getXmlFragment(name).toString() }];
  return [...entries, ...arrayValues(doc, name, path)];
}

function mapValues(doc: Doc, name: string, path: string): readonly SharedValue[] {
  const map = doc.getMap<unknown>(name);
  return [...map.keys()].sort().map((key) => ({
    path: `${path}/${encodeURIComponent(key)}`,
    label: `${name}/${key}`,
    value: map.get(key),
  }));
}

/** An element's place changes with those before it; the id that Yjs gave it does not. */
function arrayValues(doc: Doc, name: string, path: string): readonly SharedValue[] {
  const array = doc.getArray<unknown>(name);
  return array.toArray().map((value, index) => {
    const { item } = createRelativePositionFromTypeIndex(array, index);
    return { path: `${path}/${item?.client}:${item?.clock}`, label: name, value };
  });
}

function firstContent(type: AbstractType<unknown>): Item['content'] | undefined {
  for (let item = type._start; item !== null; item = item.right)
    if (!item.deleted) return item.content;
  return undefined;
}

function isMarkup(content: Item['content']): boolean {
  return (
    content instanceof ContentType &&
    (content.type instanceof XmlElement || content.type instanceof XmlText)
  );
}

/** A value as text, or why it is none. */
export function textOf(value: unknown): { readonly text: string } | { readonly reason: string } {
  if (value instanceof Doc) return { reason: 'is a document of its own' };
  if (value instanceof Uint8Array) return { reason: 'is bytes' };
  const plain = value instanceof AbstractType ? value.toJSON() : value;
  if (plain === undefined || plain === null) return { reason: 'is empty' };
  const text = typeof plain === 'string' ? plain : canonicalJson(plain as Json);
  return text.trim() === '' ? { reason: 'is empty' } : { text };
}
