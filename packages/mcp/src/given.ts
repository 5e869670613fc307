/** The members that are not undefined, for options that must be absent rather than undefined. */
export function given<T extends object>(
  values: {
    readonly [K in keyof T]: T[K] | undefined;
  },
): { readonly [K in keyof T]?: T[K] } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: T[K];
  };
}
