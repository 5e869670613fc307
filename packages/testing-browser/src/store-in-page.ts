import type { ReplicaStore, VectorStore } from '@mnemesh/core';
import type { MeshId } from '@mnemesh/protocol';
import { receivedPostings, type SentPostings } from './postings-on-wire.js';
import type { TestPage } from './test-page.js';

interface Look {
  readonly opened: ReplicaStore['opened'];
  readonly damaged: ReplicaStore['damaged'];
}

/** A store that is open in a page, as the test's own process sees it: every call is one into the page. */
export async function openStoreInPage(
  page: TestPage,
  {
    prefix,
    mesh,
    indexed,
    isLed = false,
  }: {
    readonly prefix: string;
    readonly mesh: MeshId;
    readonly indexed: boolean;
    readonly isLed?: boolean;
  },
): Promise<ReplicaStore> {
  const { number, ...first } = await page.call<Look & { readonly number: number }>(
    'open',
    prefix,
    mesh,
    indexed,
    isLed,
  );
  let look: Look = first;
  const call = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    const answer = await page.call<Look & { readonly value: unknown }>(
      'store',
      number,
      method,
      ...args,
    );
    look = answer;
    return answer.value;
  };
  const own: Pick<ReplicaStore, 'opened' | 'damaged' | 'vectors' | 'postings'> = {
    get opened() {
      return look.opened;
    },
    get damaged() {
      return look.damaged;
    },
    postings: async (query) => receivedPostings((await call('postings', [query])) as SentPostings),
    vectors: forwarded<VectorStore>((method, args) =>
      page.call('vectors', number, method, ...args),
    ),
  };
  return forwarded<ReplicaStore>(call, own);
}

/** An object whose every method is a call, but for what it has of its own. */
function forwarded<T extends object>(
  call: (method: string, args: readonly unknown[]) => Promise<unknown>,
  own: object = {},
): T {
  return new Proxy(own, {
    get: (target, name: string) => {
      // A store is no promise, whatever `await` asks it.
      if (name in target || name === 'then') return Reflect.get(target, name);
      return (...args: readonly unknown[]) => call(name, args);
    },
  }) as T;
}
