import type { Mesh, RecordView } from '@mnemesh/core';
import {
  MnemeshError,
  type Namespace,
  parseNamespace,
  parseRecordId,
  type RecordId,
} from '@mnemesh/protocol';

const SCHEME = 'mnemesh://';

/** A record, wherever it is. */
export interface RecordName {
  readonly namespace: Namespace;
  readonly id: RecordId;
}

/** How a record is cited: `mnemesh://shared/memory/1.01JD…`. Stable for as long as the record. */
export function uriOf({ namespace, id }: Pick<RecordView, 'namespace' | 'id'>): string {
  return `${SCHEME}${namespace}/${id}`;
}

/**
 * What was meant by a citation, or by an id alone.
 * @param namespace where a record is that is named by its id alone
 * @throws MnemeshError `bad_input`
 */
export function parseRecordName(text: string, namespace: string): RecordName {
  if (!text.startsWith(SCHEME))
    return { namespace: parseNamespace(namespace), id: parseRecordId(text) };
  const path = text.slice(SCHEME.length);
  const cut = path.lastIndexOf('/');
  if (cut > 0) {
    return {
      namespace: parseNamespace(path.slice(0, cut)),
      id: parseRecordId(path.slice(cut + 1)),
    };
  }
  throw new MnemeshError(
    'bad_input',
    `"${text}" names no record. Records are named like ${SCHEME}shared/memory/1.01JD6Q0S5XN4M8RZ3V7K2T9YWB.`,
  );
}

/**
 * The id of a record that must be where the other one is written.
 * @throws MnemeshError `bad_input` when it is cited from another namespace
 */
export function parseNeighbour(text: string, namespace: string): RecordId {
  const name = parseRecordName(text, namespace);
  if (name.namespace === namespace) return name.id;
  throw new MnemeshError(
    'bad_input',
    `${text} lies in ${name.namespace}, and this is written to ${namespace}, where it means nothing. Give \`namespace\`: ${name.namespace}. Nothing was written.`,
  );
}

export function missing(what: string, { namespace, id }: RecordName): MnemeshError {
  return new MnemeshError(
    'not_found',
    `There is no ${what} ${id} in ${namespace}, or it was forgotten, or it has not arrived here yet.`,
  );
}

/** Names of agents by their ids; an agent without one is shown by the beginning of its key. */
export async function agentNames(mesh: Mesh): Promise<(id: string) => string> {
  const names = new Map<string, string>((await mesh.agents()).map(({ id, name }) => [id, name]));
  names.set(mesh.agent.id, mesh.agent.name);
  return (id) => names.get(id) ?? id.slice(0, 8);
}
