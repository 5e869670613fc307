import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MnemeshError } from '@mnemesh/protocol';
import * as v from 'valibot';

export const CONFIG_FILE = 'mnemesh.json';

const schema = v.strictObject({
  mesh: v.optional(v.string()),
  agent: v.optional(v.string()),
  relay: v.optional(v.string()),
  data: v.optional(v.string()),
  embedder: v.optional(v.string()),
  embeddingModel: v.optional(v.string()),
});

export interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<v.InferOutput<typeof schema>>;
}

/**
 * The nearest `mnemesh.json` in `directory` or above it.
 * @throws MnemeshError `bad_input` naming the file and the field
 */
export function findConfigFile(directory: string): ConfigFile | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const path = join(at, CONFIG_FILE);
    const text = readIfPresent(path);
    if (text !== undefined) return { path, values: parseConfig(path, text) };
    if (dirname(at) === at) return undefined;
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new MnemeshError('bad_input', `${path} cannot be read: ${(error as Error).message}.`);
  }
}

function parseConfig(path: string, text: string): ConfigFile['values'] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new MnemeshError('bad_input', `${path} is no JSON: ${(error as Error).message}.`);
  }
  // An array would pass as an object without settings.
  const result = v.safeParse(schema, Array.isArray(json) ? undefined : json);
  if (result.success) return result.output;
  throw new MnemeshError('bad_input', `${path}: ${explain(result.issues[0])}`);
}

function explain(issue: v.InferIssue<typeof schema>): string {
  const field = v.getDotPath(issue);
  const known = Object.keys(schema.entries).join(', ');
  if (field === null) return `expected an object with ${known}.`;
  if (!(field in schema.entries)) return `there is no setting "${field}". There are: ${known}.`;
  return `"${field}" must be a text.`;
}
