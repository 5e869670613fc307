/** In another namespace than the collection's own. */
export interface InNamespace {
  readonly namespace?: string;
}

export function placed<C extends { in(namespace: string): C }>(
  collection: C,
  namespace: string | undefined,
): C {
  return namespace === undefined ? collection : collection.in(namespace);
}
