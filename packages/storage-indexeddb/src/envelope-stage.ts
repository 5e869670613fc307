import type { StoreBatch } from '@mnemesh/core';
import { fromHex, type Guid, sha256, type Version } from '@mnemesh/protocol';
import type { Changes } from './changes.js';
import { keyOf } from './connection.js';
import { commitName, envelopeName, type Found } from './found.js';
import { bytesRow, envelopeRow } from './rows.js';

/** Bytes of a commit's hash that name it among the commits of its segment. */
const DIGEST_BYTES = 16;

interface Touched {
  readonly guid: Guid;
  readonly version: Version;
  /** Which commit vouches for it in the end; undefined when it is removed. */
  readonly commit: Uint8Array | undefined;
}

/** The envelopes of a group of batches. A commit is kept once for all that it lists, and goes with the last of them. */
export class EnvelopeStage {
  readonly #changes: Changes;
  readonly #found: Found;
  readonly #touched = new Map<string, Touched>();
  readonly #removed = new Set<Guid>();
  readonly #digests = new Map<Uint8Array, Uint8Array>();

  constructor(changes: Changes, found: Found) {
    this.#changes = changes;
    this.#found = found;
  }

  add({ removeEnvelopes = [], envelopes = [] }: StoreBatch): void {
    for (const { guid, version } of removeEnvelopes) {
      this.#changes.delete('envelopes', keyOf(guid, fromHex(version)));
      this.#touched.set(envelopeName(guid, version), { guid, version, commit: undefined });
    }
    const put = new Set<string>();
    for (const envelope of envelopes) {
      const { guid, version } = envelope;
      const commit = this.#digestOf(envelope.commit);
      this.#changes.put('envelopes', envelopeRow(envelope, commit));
      this.#touched.set(envelopeName(guid, version), { guid, version, commit });
      const name = commitName(guid, commit);
      if (put.has(name)) continue;
      put.add(name);
      this.#changes.put('commits', bytesRow(envelope.commit), keyOf(guid, commit));
    }
  }

  /** All of it was deleted at once. */
  removeDocument(guid: Guid): void {
    this.#removed.add(guid);
    for (const [name, one] of this.#touched) if (one.guid === guid) this.#touched.delete(name);
  }

  /** Deletes the commits that vouch for nothing any more. */
  finish(): void {
    const vouching = new Map<string, number>();
    const count = (guid: Guid, commit: Uint8Array, by: number): void => {
      const name = commitName(guid, commit);
      const before = vouching.get(name) ?? this.#found.versions.get(name)?.length ?? 0;
      vouching.set(name, before + by);
    };
    for (const [name, { guid, commit }] of this.#touched) {
      const before = this.#removed.has(guid) ? undefined : this.#found.commits.get(name);
      if (before !== undefined) count(guid, before, -1);
      if (commit !== undefined) count(guid, commit, 1);
    }
    for (const { guid, commit } of this.#candidates())
      if (vouching.get(commitName(guid, commit)) === 0)
        this.#changes.delete('commits', keyOf(guid, commit));
  }

  /** Commits that vouched for something that was touched. */
  *#candidates(): Iterable<{ readonly guid: Guid; readonly commit: Uint8Array }> {
    for (const [name, { guid }] of this.#touched) {
      const commit = this.#found.commits.get(name);
      if (commit !== undefined && !this.#removed.has(guid)) yield { guid, commit };
    }
  }

  #digestOf(commit: Uint8Array): Uint8Array {
    const known = this.#digests.get(commit) ?? sha256(commit).slice(0, DIGEST_BYTES);
    this.#digests.set(commit, known);
    return known;
  }
}
