import { MnemeshError } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { holderLimits, type Intent, type Intents, type KeptIntent } from '../src/index.js';
import { PromisedWrites } from '../src/promised-writes.js';

const intent: Intent = {
  kind: 'creates',
  part: 'memory',
  namespace: 'a',
  args: [],
  record: '1.a',
  session: '0',
};

/** An answer that the test gives. */
function pending() {
  let resolve: (value: unknown) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

/** Promised writes whose timers are due at once, and what was kept and is done. */
function begin(keep: () => Promise<KeptIntent | undefined>) {
  const timers: (() => void)[] = [];
  const logged: string[] = [];
  const runtime = {
    now: () => 0,
    randomBytes: (count: number) => new Uint8Array(count),
    after: (_: number, run: () => void) => {
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
    log: (level: string) => logged.push(level),
  };
  let closing = false;
  const intents: Intents = { freshId: () => undefined, learn: () => undefined, keep };
  const writes = new PromisedWrites({
    runtime,
    limits: holderLimits,
    intents: () => intents,
    isClosing: () => closing,
  });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const pass = async (): Promise<void> => {
    for (const run of timers.splice(0)) run();
    await settled();
  };
  return {
    writes,
    logged,
    pass,
    settled,
    sooner: (ask: () => Promise<unknown>) => writes.sooner(ask, intent),
    close: () => {
      closing = true;
    },
  };
}

function keeping() {
  const state = { kept: 0, done: 0 };
  const keep = async (): Promise<KeptIntent> => {
    state.kept += 1;
    return {
      value: 'expected',
      done: async () => {
        state.done += 1;
      },
    };
  };
  return { state, keep };
}

test('an answer that comes in time is given, and nothing is kept', async () => {
  const { state, keep } = keeping();
  const { sooner, pass } = begin(keep);
  expect(await sooner(async () => 'answer')).toBe('answer');
  await pass();
  expect(state).toEqual({ kept: 0, done: 0 });
});

test('[ND] a write whose answer takes long is given once it is kept, and kept until it is answered', async () => {
  const { state, keep } = keeping();
  const answer = pending();
  const { sooner, pass, settled, writes } = begin(keep);
  const write = sooner(() => answer.promise);
  await pass();
  expect(await write).toBe('expected');
  expect(state).toEqual({ kept: 1, done: 0 });
  let caughtUp = false;
  const reading = writes.caughtUp().then(() => {
    caughtUp = true;
  });
  await settled();
  expect(caughtUp).toBe(false);
  answer.resolve('answer');
  await reading;
  expect(state.done).toBe(1);
});

test('[ND] what was promised is asked again until it is done', async () => {
  const { state, keep } = keeping();
  const answers = [pending(), pending()];
  let asked = 0;
  const { sooner, pass, settled } = begin(keep);
  const write = sooner(() => (answers[asked++] as ReturnType<typeof pending>).promise);
  await pass();
  await write;
  answers[0]?.reject(new MnemeshError('store_failed', 'The disk is full.'));
  await settled();
  await pass();
  expect(asked).toBe(2);
  answers[1]?.resolve('answer');
  await settled();
  expect(state).toEqual({ kept: 1, done: 1 });
});

test('[ND] what is written of a record after a write that is asked again comes after it', async () => {
  const { keep } = keeping();
  const answers = [pending(), pending(), pending()];
  const asked: string[] = [];
  const { sooner, pass, settled } = begin(keep);
  const ask = (name: string) => () => {
    asked.push(name);
    return (answers[asked.length - 1] as ReturnType<typeof pending>).promise;
  };
  const writes = [sooner(ask('first')), sooner(ask('second'))];
  await pass();
  await Promise.all(writes);
  answers[0]?.reject(new MnemeshError('store_failed', 'The disk is full.'));
  await settled();
  await pass();
  answers[1]?.resolve('answer');
  await settled();
  expect(asked).toEqual(['first', 'first', 'second']);
});

test('[ND] what is written of a record comes after what was answered while it was kept is kept no more', async () => {
  const kept = pending();
  const gone = pending();
  const { sooner, pass, settled } = begin(async () => {
    await kept.promise;
    return { value: 'expected', done: () => gone.promise as Promise<void> };
  });
  const answer = pending();
  const first = sooner(() => answer.promise);
  await pass();
  answer.resolve('answer');
  expect(await first).toBe('answer');
  let isAsked = false;
  const second = sooner(async () => {
    isAsked = true;
    return 'second';
  });
  for (const { resolve } of [kept, gone]) {
    await settled();
    expect(isAsked).toBe(false);
    resolve(undefined);
  }
  expect(await second).toBe('second');
});

test('a write that was refused before it was kept is not done behind the back of whoever was told so', async () => {
  const { state, keep } = keeping();
  const kept = pending();
  const answer = pending();
  const { sooner, pass, settled } = begin(() => kept.promise.then(keep));
  const write = sooner(() => answer.promise);
  await pass();
  answer.reject(new MnemeshError('store_failed', 'The disk is full.'));
  await expect(write).rejects.toMatchObject({ code: 'store_failed' });
  kept.resolve(undefined);
  await settled();
  expect(state).toEqual({ kept: 1, done: 1 });
});

test('bad input is refused by whoever keeps it, and what only the holder can judge waits for its answer', async () => {
  const bad = begin(() => Promise.reject(new MnemeshError('bad_input', 'It is empty.')));
  const refused = bad.sooner(() => new Promise(() => undefined));
  const expected = expect(refused).rejects.toMatchObject({ code: 'bad_input' });
  await bad.pass();
  await expected;
  const answer = pending();
  const judged = begin(async () => undefined);
  const write = judged.sooner(() => answer.promise);
  await judged.pass();
  answer.resolve('answer');
  expect(await write).toBe('answer');
});

test('a guest that closes leaves what was not done to whoever finds it', async () => {
  const { state, keep } = keeping();
  const answer = pending();
  const { sooner, pass, writes, close, logged } = begin(keep);
  const write = sooner(() => answer.promise);
  await pass();
  await write;
  close();
  answer.reject(new MnemeshError('closed', 'It is closed.'));
  await writes.caughtUp();
  expect(state).toEqual({ kept: 1, done: 0 });
  expect(logged).toContain('error');
});
