import { MnemeshError } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { holderLimits, type Intent, type Intents, type KeptIntent } from '../src/index.js';
import type { SoonerWrite } from '../src/promised-write.js';
import { PromisedWrites } from '../src/promised-writes.js';

const intent: Intent = {
  kind: 'changes',
  part: 'tasks',
  name: 'update',
  args: [],
  record: { namespace: 'a', id: '1.a' },
  session: '0',
  seen: {} as never,
  known: {} as never,
};

/** An answer that the test gives. */
function pending<T = unknown>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

const diskFull = new MnemeshError('store_failed', 'The disk is full.');
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Promised writes whose timers are due when the test says so, and what was told of them. */
function begin(keeping: Partial<Intents> = {}) {
  const timers: (() => void)[] = [];
  const kept: string[] = [];
  const logged: string[] = [];
  let closing = false;
  let leads = false;
  const runtime = {
    now: () => 0,
    randomBytes: (count: number) => new Uint8Array(count),
    after: (_: number, run: () => void) => {
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
    log: (level: string) => logged.push(level),
  };
  const keep = async (_: Intent, after: number | undefined): Promise<KeptIntent> => {
    kept.push(`kept ${after}`);
    return {
      asked: async (clock) => void kept.push(`asked ${clock}`),
      done: async () => void kept.push('done'),
    };
  };
  const intents: Intents = {
    freshId: () => undefined,
    learn: () => undefined,
    expected: async () => 'expected',
    keep,
    ...keeping,
  };
  const writes = new PromisedWrites({
    runtime,
    limits: holderLimits,
    intents,
    leads: () => leads,
    isClosing: () => closing,
  });
  const sooner = async (ask: SoonerWrite['ask'], clock = 7) =>
    (await writes.sooner({ intent, ask, clock: () => clock })).value;
  /** Whatever waits for time goes on. */
  const pass = async (): Promise<void> => {
    for (const run of timers.splice(0)) run();
    await settled();
  };
  return {
    ...{ writes, kept, keep, logged, pass, sooner },
    close: () => {
      closing = true;
    },
    lead: () => {
      leads = true;
    },
  };
}

test('an answer that comes in time is given, and nothing is kept', async () => {
  const { sooner, pass, kept } = begin();
  expect(await sooner(async () => 'answer')).toBe('answer');
  await pass();
  expect(kept).toEqual([]);
});

test('[ND] a write whose answer takes long is given once it is kept, and kept until it is answered', async () => {
  const answer = pending();
  const { sooner, pass, writes, kept } = begin();
  const write = sooner(() => answer.promise);
  await pass();
  expect(await write).toBe('expected');
  expect(kept).toEqual(['kept 7']);
  let caughtUp = false;
  const reading = writes.caughtUp().then(() => {
    caughtUp = true;
  });
  await settled();
  expect(caughtUp).toBe(false);
  answer.resolve('answer');
  await reading;
  expect(kept).toEqual(['kept 7', 'done']);
});

test('[ND] what was promised is asked again until it is done, with what tells whether it was', async () => {
  const answers = [pending(), pending()];
  const asked: unknown[] = [];
  const { sooner, pass, kept } = begin();
  const write = sooner((after) => {
    asked.push(after);
    return (answers[asked.length - 1] as ReturnType<typeof pending>).promise;
  });
  await pass();
  await write;
  answers[0]?.reject(diskFull);
  await settled();
  await pass();
  expect(asked).toEqual([undefined, 7]);
  answers[1]?.resolve('answer');
  await settled();
  expect(kept).toEqual(['kept 7', 'done']);
});

test('what was promised and is refused for good is kept no more', async () => {
  const answer = pending();
  const { sooner, pass, kept, logged } = begin();
  const write = sooner(() => answer.promise);
  await pass();
  await write;
  answer.reject(new MnemeshError('not_found', 'It was forgotten.'));
  await settled();
  expect(kept).toEqual(['kept 7', 'done']);
  expect(logged).toContain('error');
});

test('[ND] what is written of a record after a write that is asked again comes after it', async () => {
  const answers = [pending(), pending(), pending()];
  const asked: string[] = [];
  const { sooner, pass } = begin();
  const ask = (name: string) => () => {
    asked.push(name);
    return (answers[asked.length - 1] as ReturnType<typeof pending>).promise;
  };
  const writes = [sooner(ask('first')), sooner(ask('second'))];
  await pass();
  await Promise.all(writes);
  answers[0]?.reject(diskFull);
  await settled();
  await pass();
  answers[1]?.resolve('answer');
  await settled();
  expect(asked).toEqual(['first', 'first', 'second']);
});

test('who reads does not wait for a promised write that keeps failing', async () => {
  const answers = [pending(), pending()];
  let asked = 0;
  const { sooner, pass, writes } = begin();
  const write = sooner(() => (answers[asked++] as ReturnType<typeof pending>).promise);
  await pass();
  await write;
  let isCaughtUp = false;
  const reading = writes.caughtUp().then(() => {
    isCaughtUp = true;
  });
  await settled();
  expect(isCaughtUp).toBe(false);
  answers[0]?.reject(diskFull);
  await reading;
});

test('[ND] a write that is kept before its turn says so once it has come, before it is asked', async () => {
  const first = pending();
  const { sooner, pass, kept } = begin();
  const writes = [
    sooner(() => first.promise),
    sooner(async () => void kept.push('asked of the holder'), 9),
  ];
  await pass();
  await Promise.all(writes);
  expect(kept).toEqual(['kept 7', 'kept undefined']);
  first.resolve('answer');
  await settled();
  const turn = ['asked 9', 'asked of the holder', 'done'];
  expect(kept).toEqual(['kept 7', 'kept undefined', 'done', ...turn]);
});

test('[ND] what is written of a record comes after what was answered while it was kept', async () => {
  const kept = pending<KeptIntent>();
  const { sooner, pass, writes, lead } = begin({ keep: () => kept.promise });
  const answer = pending();
  const first = sooner(() => answer.promise);
  await pass();
  answer.resolve('answer');
  expect(await first).toBe('answer');
  lead();
  let isAsked = false;
  const second = writes.inTurn(intent.record, async () => {
    isAsked = true;
    return 'second';
  });
  await settled();
  expect(isAsked).toBe(false);
  // It is known to be done: its clock is on the disk.
  kept.resolve({ asked: async () => undefined, done: () => new Promise(() => undefined) });
  expect(await second).toBe('second');
});

test('a write that is kept because its answer takes long is off the disk before it is over, though that fails at first', async () => {
  const answer = pending();
  let tries = 0;
  const done = async (): Promise<void> => {
    tries += 1;
    if (tries === 1) throw diskFull;
  };
  const { sooner, pass, writes } = begin({
    keep: async () => ({ asked: async () => undefined, done }),
  });
  const write = sooner(() => answer.promise);
  await pass();
  await write;
  answer.resolve('answer');
  await settled();
  expect(tries).toBe(1);
  const over = writes.settled();
  await pass();
  await over;
  expect(tries).toBe(2);
});

test('a write that was refused before it was kept is not done behind the back of whoever was told so', async () => {
  const kept = pending<KeptIntent>();
  const answer = pending();
  let isGone = false;
  const { sooner, pass } = begin({ keep: () => kept.promise });
  const write = sooner(() => answer.promise);
  await pass();
  answer.reject(diskFull);
  await expect(write).rejects.toMatchObject({ code: 'store_failed' });
  const done = async (): Promise<void> => {
    isGone = true;
  };
  kept.resolve({ asked: async () => undefined, done });
  await settled();
  expect(isGone).toBe(true);
});

test('what nobody can foresee here, for whatever reason, waits for its answer', async () => {
  const answer = pending();
  const offline = new TypeError('A part of the program was not loaded.');
  const { sooner, pass, kept } = begin({ expected: () => Promise.reject(offline) });
  const write = sooner(() => answer.promise);
  await pass();
  answer.resolve('answer');
  expect(await write).toBe('answer');
  expect(kept).toEqual([]);
});

test('[ND] a write is asked once a write of its record is answered that nobody could promise, and counts from then on', async () => {
  const first = pending();
  const { sooner, pass, writes, kept } = begin();
  const unpromised = writes.inTurn(intent.record, () => first.promise);
  const write = sooner(async () => void kept.push('asked of the holder'), 9);
  await pass();
  await write;
  expect(kept).toEqual(['kept undefined']);
  first.resolve('answer');
  await unpromised;
  await settled();
  expect(kept).toEqual(['kept undefined', 'asked 9', 'asked of the holder', 'done']);
});

test('who reads does not wait for what was answered to be off the disk', async () => {
  const answer = pending();
  const { sooner, pass, writes } = begin({
    keep: async () => ({
      asked: async () => undefined,
      done: () => new Promise(() => undefined),
    }),
  });
  const write = sooner(() => answer.promise);
  await pass();
  await write;
  answer.resolve('answer');
  await writes.caughtUp();
});

test('bad input is refused by whoever keeps it, and what only the holder can judge waits for its answer', async () => {
  const refused = new MnemeshError('bad_input', 'It is empty.');
  const bad = begin({ expected: () => Promise.reject(refused) });
  const write = bad.sooner(() => new Promise(() => undefined));
  const expected = expect(write).rejects.toMatchObject({ code: 'bad_input' });
  await bad.pass();
  await expected;
  const answer = pending();
  const judged = begin({ expected: async () => undefined });
  const waiting = judged.sooner(() => answer.promise);
  await judged.pass();
  answer.resolve('answer');
  expect(await waiting).toBe('answer');
  expect(judged.kept).toEqual([]);
});

test('what cannot be kept waits for its answer', async () => {
  const answer = pending();
  const { sooner, pass, logged } = begin({ keep: () => Promise.reject(diskFull) });
  const write = sooner(() => answer.promise);
  await pass();
  answer.resolve('answer');
  expect(await write).toBe('answer');
  expect(logged).toEqual(['warn']);
});

test('[ND] a guest that closes leaves what was not done to whoever finds it, and what was written after it too', async () => {
  const answer = pending();
  const { sooner, pass, writes, close, kept } = begin();
  let isAsked = false;
  const second = async (): Promise<void> => {
    isAsked = true;
  };
  const promised = [sooner(() => answer.promise), sooner(second)];
  await pass();
  await Promise.all(promised);
  close();
  answer.reject(new MnemeshError('closed', 'It is closed.'));
  await writes.settled();
  expect(isAsked).toBe(false);
  expect(kept).toEqual(['kept 7', 'kept undefined']);
});
