import type { Dependency, Json } from '@mnemesh/core';
import { isObject, isStorable, type JsonObject, without } from '../imports/json-value.js';

/** Characters of a dependency's type. */
const TYPE_CHARS = 64;
/** Characters of the id depended on; its ref is longer. */
const ON_CHARS = 190;

export const REF_PREFIX = 'beads:';

export interface MappedDependencies {
  readonly dependencies: readonly Dependency[];
  /** Members that do not fit, with their position in the list. */
  readonly unfit: readonly JsonObject[];
}

/** Maps a line's list. Each member remembers its position and its other fields. */
export function dependenciesOf(list: readonly Json[]): MappedDependencies {
  const dependencies: Dependency[] = [];
  const unfit: JsonObject[] = [];
  const keys = new Set<string>();
  for (const [position, value] of list.entries()) {
    const dependency = dependencyOf(value, position);
    const key = dependency && `${dependency.type}:${dependency.on}`;
    if (dependency === undefined || key === undefined || keys.has(key)) {
      unfit.push({ position, value });
      continue;
    }
    keys.add(key);
    dependencies.push(dependency);
  }
  return { dependencies, unfit };
}

function dependencyOf(value: Json, position: number): Dependency | undefined {
  if (!isObject(value) || !isStorable(value)) return undefined;
  const { type, depends_on_id: on } = value;
  if (typeof type !== 'string' || type === '' || type.length > TYPE_CHARS) return undefined;
  if (typeof on !== 'string' || on === '' || on.length > ON_CHARS) return undefined;
  const fields = without(value, ['type', 'depends_on_id']) as Record<string, never>;
  return { type, on: `${REF_PREFIX}${on}`, extra: { position, fields } };
}

/** Writes the list again: what an import brought in the order it had, then what was added here. */
export function dependencyList(
  issueId: string,
  dependencies: readonly Dependency[],
  unfit: readonly Json[],
): readonly Json[] {
  const placed: { readonly position: number; readonly value: Json }[] = unfit.map(
    (member) => member as unknown as { readonly position: number; readonly value: Json },
  );
  const added: Dependency[] = [];
  for (const dependency of dependencies) {
    const position = dependency.extra?.position;
    if (typeof position === 'number') placed.push({ position, value: written(dependency) });
    else added.push(dependency);
  }
  placed.sort((a, b) => a.position - b.position);
  added.sort((a, b) => (`${a.type}:${a.on}` < `${b.type}:${b.on}` ? -1 : 1));
  return [
    ...placed.map(({ value }) => value),
    ...added.map((dependency) => ({ issue_id: issueId, ...written(dependency) })),
  ];
}

function written({ type, on, extra }: Dependency): JsonObject {
  const fields = extra?.fields as JsonObject | undefined;
  const id = on.startsWith(REF_PREFIX) ? on.slice(REF_PREFIX.length) : on;
  return { ...fields, type, depends_on_id: id };
}
