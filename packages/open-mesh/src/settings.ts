import { dirname, join, resolve } from 'node:path';
import { parseAgentName } from '@mnemesh/core';
import { type MeshId, MnemeshError, parseMeshId } from '@mnemesh/protocol';
import { findConfigFile } from './config-file.js';
import type { PeerSettings } from './peer-settings.js';
import { ownSurroundings, type Surroundings } from './surroundings.js';

export interface MeshOptions {
  /** Name of the mesh: a-z, 0-9, ".", "_" and "-". */
  readonly mesh?: string;
  /** Name of the agent, as people know it. Its key is made on first use. */
  readonly agent?: string;
  /** Address of a relay, `ws://127.0.0.1:7700`. Without one, or with `none`, everything stays on this device. */
  readonly relay?: string;
  /** Directory of keys and replicas. Default `~/.mnemesh`. */
  readonly data?: string;
  /**
   * Address of an embeddings API in the shape of OpenAI's, `http://127.0.0.1:11434/v1`: recall then finds by meaning,
   * too. Texts of records are sent there by the process that holds the replica. Its key, if it
   * wants one, is in `MNEMESH_EMBEDDER_KEY`. Without it, or with `none`, recall goes by words.
   */
  readonly embedder?: string;
  /** Name of its model. */
  readonly embeddingModel?: string;
}

export type SettingName = keyof MeshOptions;
export const settingNames = [
  'mesh',
  'agent',
  'relay',
  'data',
  'embedder',
  'embeddingModel',
] as const;

/** One setting, and why it is what it is. */
export interface Setting {
  readonly value: string | undefined;
  /** `default`, `option`, the path of a config file, a variable's name, or `command line`. */
  readonly from: string;
}

/** What would be used, each with where it comes from. */
export type Explanation = Readonly<Record<SettingName, Setting>>;

export interface Settings {
  readonly mesh: MeshId;
  readonly agent: string;
  readonly relay: string | undefined;
  readonly data: string;
  /** Those that this device keeps for the mesh, if it does, when absent; `none` for no peer links. */
  readonly webrtc?: PeerSettings | 'none';
  readonly embedding?: EmbeddingSettings;
}

export interface EmbeddingSettings {
  readonly url: string;
  readonly model: string;
}

/** Where settings come from, weakest first: defaults, options, config file, variables, overrides. */
export interface SettingSources {
  /** Used where nobody says anything. */
  readonly defaults?: MeshOptions;
  readonly options?: MeshOptions;
  /** What a person typed for this one call; stronger than anything else. */
  readonly overrides?: MeshOptions;
  readonly surroundings?: Surroundings;
}

/** The word for having none, where a weaker source names one. */
const NONE = 'none';

/** @throws MnemeshError `bad_input` for a config file that is not right */
export function explainSettings(sources: SettingSources): Explanation {
  const surroundings = sources.surroundings ?? ownSurroundings();
  const file = findConfigFile(surroundings.directory);
  const explain = (name: SettingName): Setting => {
    const variable = `MNEMESH_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
    // An empty variable is how shells unset one for a single command.
    const fromEnvironment = surroundings.env[variable] || undefined;
    const candidates: Setting[] = [
      { value: sources.overrides?.[name], from: 'command line' },
      { value: fromEnvironment, from: variable },
      { value: file?.values[name], from: file?.path ?? '' },
      { value: sources.options?.[name], from: 'option' },
      { value: sources.defaults?.[name], from: 'default' },
    ];
    const chosen = candidates.find(({ value }) => value !== undefined);
    return chosen ?? { value: undefined, from: 'default' };
  };
  const data = explain('data');
  return {
    mesh: explain('mesh'),
    agent: explain('agent'),
    relay: unlessNone(explain('relay')),
    data: { from: data.from, value: placeOf(data, file?.path, surroundings) },
    embedder: unlessNone(explain('embedder')),
    embeddingModel: explain('embeddingModel'),
  };
}

/** @throws MnemeshError `bad_input` for what is missing or malformed, saying where it came from */
export function checkSettings(explanation: Explanation): Settings {
  const { mesh, agent, relay, data } = explanation;
  return {
    ...checkEmbedding(explanation),
    mesh: checkMesh(mesh),
    agent: checkAgent(agent),
    relay: relay.value,
    data: data.value as string,
  };
}

function checkEmbedding({ embedder, embeddingModel }: Explanation): Pick<Settings, 'embedding'> {
  const url = embedder.value;
  if (url === undefined) return {};
  if (!/^https?:\/\/[^/]/.test(url))
    throw new MnemeshError(
      'bad_input',
      `"${url}" is no address of an embedder, like http://127.0.0.1:11434/v1. (It came from: ${embedder.from}.)`,
    );
  const model = embeddingModel.value;
  if (model === undefined) throw missing('model for the embedder', 'MNEMESH_EMBEDDING_MODEL');
  return { embedding: { url, model } };
}

function unlessNone({ value, from }: Setting): Setting {
  return { value: value === NONE || value === '' ? undefined : value, from };
}

/** Relative places in a config file are relative to it, others to the working directory. */
function placeOf({ value, from }: Setting, file: string | undefined, at: Surroundings): string {
  if (value === undefined) return join(at.home, '.mnemesh');
  if (value === '~' || value.startsWith('~/')) return join(at.home, value.slice(1));
  const base = file !== undefined && from === file ? dirname(file) : at.directory;
  return resolve(base, value);
}

function checkMesh({ value, from }: Setting): MeshId {
  if (value === undefined) throw missing('mesh', 'MNEMESH_MESH');
  try {
    return parseMeshId(value);
  } catch (error) {
    throw new MnemeshError('bad_input', `${(error as Error).message} (It came from: ${from}.)`);
  }
}

function checkAgent({ value, from }: Setting): string {
  if (value === undefined) throw missing('agent', 'MNEMESH_AGENT');
  try {
    return parseAgentName(value);
  } catch (error) {
    throw new MnemeshError('bad_input', `${(error as Error).message} (It came from: ${from}.)`);
  }
}

function missing(what: string, variable: string): MnemeshError {
  return new MnemeshError(
    'bad_input',
    `No ${what} is chosen. Name it in the options, in mnemesh.json or in ${variable}.`,
  );
}
