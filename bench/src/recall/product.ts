import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mesh, Replica, sessionOf } from '@mnemesh/core';
import { openAgent } from '@mnemesh/open-mesh';
import { parseNamespace } from '@mnemesh/protocol';
import { lexicalRecall, type RecallWeights } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { importLocomo } from 'mnemesh';
import { indexBytes } from '../measure/index-bytes.js';
import { ASKED_FOR, type Subject } from './measures.js';
import type { Corpus } from './questions.js';

/** Ages are counted to this, so that a run of another day gives the same ranks. */
const NOW = Date.parse('2024-01-01T00:00:00Z');
const MESH = 'bench';

export interface Product extends Subject {
  /** The same records under other weights; after all conversations were opened. */
  variant(weights: Partial<RecallWeights>): Subject;
  close(): Promise<void>;
}

/**
 * The product: a mesh on SQLite, its importer, and `mesh.recall`. Each conversation has a namespace of
 * its own, because the measure is per conversation; the replica holds them all.
 */
export async function product(name: string): Promise<Product> {
  const directory = mkdtempSync(join(tmpdir(), 'mnemesh-recall-'));
  const runtime = nodeRuntime();
  const replica = await Replica.open({
    mesh: MESH,
    store: openSqliteStore({ directory, runtime }),
    runtime,
    signatures: nodeSignatures,
    recall: lexicalRecall(),
  });
  const mesh = sessionOf(replica, await openAgent(directory, 'bench'));
  return {
    name,
    open: async (corpus) => {
      const namespace = namespaceOf(corpus);
      await importLocomo(mesh.conversations.in(namespace), corpus.file);
      const names = await turnNames(mesh, namespace, corpus.name);
      return {
        search: async (question) => {
          const { hits } = await mesh.recall(question, {
            namespaces: [namespace],
            collection: 'event',
            limit: ASKED_FOR,
            now: NOW,
          });
          return hits.map(({ id }) => names.get(id) ?? '');
        },
      };
    },
    variant: (weights) => ({
      name: 'variant',
      open: async (corpus) => {
        const namespace = namespaceOf(corpus);
        const names = await turnNames(mesh, namespace, corpus.name);
        const { recall } = lexicalRecall({ weights });
        const rest = { namespaces: [parseNamespace(namespace)], collection: 'event', now: NOW };
        return {
          search: async (query) => {
            const request = { query, limit: ASKED_FOR, ...rest };
            const { ranked } = await recall(replica.store, request);
            return ranked.map(({ record }) => names.get(record.id) ?? '');
          },
        };
      },
    }),
    indexBytes: async () => indexBytes(join(directory, MESH, 'replica.db')),
    close: async () => {
      await mesh.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function namespaceOf({ name }: Corpus): string {
  return `conversations/${name}`;
}

/** The file's name of each event. */
async function turnNames(
  mesh: Mesh,
  namespace: string,
  name: string,
): Promise<ReadonlyMap<string, string>> {
  const conversations = mesh.conversations.in(namespace);
  const conversation = await conversations.getByRef(`locomo:${name}`);
  if (conversation === undefined) throw new Error(`${name} was not imported`);
  const events = await conversations.events(conversation.id, { limit: 10_000 });
  return new Map(events.map(({ id, ref = '' }) => [id, ref.slice(ref.indexOf('/') + 1)]));
}
