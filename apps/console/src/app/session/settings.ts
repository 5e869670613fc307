import type { SyncPreferences } from '@mnemesh/core';
import * as v from 'valibot';

const KEY = 'mnemesh.console.settings';

const syncSchema = v.object({
  /** On metered networks and with a low battery. */
  spare: v.boolean(),
  /** How often at most what is written goes out, the most particular first. */
  cadences: v.array(v.object({ namespaces: v.string(), everyMs: v.number() })),
});

/** What this device prefers of sync. */
export type SyncSettings = v.InferOutput<typeof syncSchema>;

export const defaultSync: SyncSettings = { spare: true, cadences: [] };

const settingsSchema = v.object({
  mesh: v.string(),
  name: v.string(),
  relay: v.optional(v.string()),
  webrtc: v.optional(v.object({ secret: v.string(), signaling: v.optional(v.array(v.string())) })),
  sync: v.optional(syncSchema),
});

/** What this browser opens: kept in its local storage, read again at the next start. */
export type Settings = v.InferOutput<typeof settingsSchema>;

/** Undefined at the first start, and when what is kept cannot be read any more. */
export function readSettings(storage: Storage): Settings | undefined {
  const text = storage.getItem(KEY);
  if (text === null) return undefined;
  try {
    const read = v.safeParse(settingsSchema, JSON.parse(text));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}

export function writeSettings(storage: Storage, settings: Settings): void {
  storage.setItem(KEY, JSON.stringify(settings));
}

export function forgetSettings(storage: Storage): void {
  storage.removeItem(KEY);
}

/** As a mesh is told. Of two globs that match, the more particular one holds. */
export function preferencesOf({
  spare,
  cadences,
}: SyncSettings): Required<Pick<SyncPreferences, 'cadence' | 'heedsSparing'>> {
  const letters = (glob: string): number => glob.replaceAll('*', '').length;
  const ordered = [...cadences].sort(
    (a, b) =>
      letters(b.namespaces) - letters(a.namespaces) || (a.namespaces < b.namespaces ? -1 : 1),
  );
  return {
    heedsSparing: spare,
    cadence: Object.fromEntries(
      ordered.map(({ namespaces, everyMs }) => [namespaces, { everyMs }]),
    ),
  };
}

/** Tells what another tab of this browser keeps from now on. */
export function onSettingsOfOthers(tell: (settings: Settings) => void): void {
  addEventListener('storage', ({ key, storageArea }) => {
    const settings = key === KEY && storageArea !== null ? readSettings(storageArea) : undefined;
    if (settings !== undefined) tell(settings);
  });
}

/** What a link suggests: `#mesh=atlas&relay=ws://…&name=ana`. */
export interface Suggested {
  readonly mesh?: string;
  readonly relay?: string;
  readonly name?: string;
}

export function readLink(hash: string): Suggested {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const [mesh, relay, name] = ['mesh', 'relay', 'name'].map((key) => given.get(key)?.trim());
  return {
    ...(mesh ? { mesh } : {}),
    ...(relay ? { relay } : {}),
    ...(name ? { name } : {}),
  };
}

/** The relay that serves this page: its own address, as a socket's. */
export function relayOfOrigin(origin: string): string {
  return origin.replace(/^http/, 'ws');
}
