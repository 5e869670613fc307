import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeMessage, type Frame } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import { Inbox } from '../src/sync/inbox.js';

const update = (document: number, ...bytes: number[]): Frame => ({
  type: 'update',
  document,
  update: Uint8Array.from(bytes),
});
const push = (number: number, document: number): Frame => ({
  type: 'push',
  number,
  document,
  update: Uint8Array.of(number),
});
const ping: Frame = { type: 'ping' };

function inboxOf(...frames: readonly Frame[]): Inbox {
  const inbox = new Inbox();
  for (const frame of frames) for (const bytes of encodeMessage(frame, 64)) inbox.add(bytes);
  return inbox;
}

/** The runs as text: `u` updates, `p` pushes, each with its document, or the type of a frame. */
function runsOf(inbox: Inbox): readonly string[] {
  const runs: string[] = [];
  while (!inbox.isEmpty) {
    const run = inbox.next();
    if (run === undefined) continue;
    if ('updates' in run) runs.push(`u${run.updates.map(({ document }) => document).join('')}`);
    else if ('pushes' in run) runs.push(`p${run.pushes.map(({ document }) => document).join('')}`);
    else runs.push(run.frame.type);
  }
  return runs;
}

describe('what a link received', () => {
  test('is handled in the order in which it came, contents of one document together', () => {
    const inbox = inboxOf(
      update(1, 1),
      update(1, 2),
      update(2, 3),
      push(1, 2),
      push(2, 2),
      ping,
      push(3, 2),
    );
    expect(runsOf(inbox)).toEqual(['u11', 'u2', 'p22', 'ping', 'p2']);
    expect(inbox.bytes).toBe(0);
  });

  test('acks do not break a run: the last of them follows it', () => {
    const durable = (received: number): Frame => ({
      type: 'durable',
      received,
      sent: 0,
      number: 1,
    });
    const inbox = inboxOf(push(1, 7), durable(1), push(2, 7), durable(2), ping);
    expect(inbox.next()).toEqual({ pushes: [push(1, 7), push(2, 7)] });
    expect(inbox.next()).toEqual({ frame: durable(2) });
    expect(runsOf(inbox)).toEqual(['ping']);
  });

  test('keeps the order within a run', () => {
    const run = inboxOf(push(1, 7), push(2, 7), push(3, 7)).next();
    const numbers =
      run !== undefined && 'pushes' in run ? run.pushes.map(({ number }) => number) : [];
    expect(numbers).toEqual([1, 2, 3]);
  });

  test('grows while a run is being handled, and the next run takes what came', () => {
    const inbox = inboxOf(update(1, 1));
    expect(inbox.next()).toEqual({ updates: [update(1, 1)] });
    for (const frame of [update(1, 2), update(1, 3)])
      inbox.add(encodeMessage(frame)[0] as Uint8Array);
    expect(runsOf(inbox)).toEqual(['u11']);
  });

  test('is not refused before everything that came earlier was handled', () => {
    const inbox = inboxOf(update(1, 1));
    inbox.add(Uint8Array.of(8, 0xff));
    expect(inbox.next()).toEqual({ updates: [update(1, 1)] });
    expect(() => inbox.next()).toThrow(expect.objectContaining({ code: 'bad_frame' }));
  });

  test('may come in parts, and a part alone is nothing to handle', () => {
    const inbox = inboxOf(update(1, ...new Array(100).fill(5)), ping);
    expect(inbox.next()).toBeUndefined();
    expect(runsOf(inbox)).toEqual(['u1', 'ping']);
  });

  test('is let go of once it was handled, though there is always more [BD]', async () => {
    const inbox = inboxOf(ping);
    const taken: WeakRef<Uint8Array>[] = [];
    for (let n = 0; n < 5_000; n++) {
      const [bytes] = encodeMessage(ping, 64) as [Uint8Array];
      taken.push(new WeakRef(bytes));
      inbox.add(bytes);
      inbox.next();
    }
    // What a WeakRef was just made of is kept for the rest of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect(inbox.isEmpty).toBe(false);
    expect(taken.filter((bytes) => bytes.deref() !== undefined).length).toBeLessThan(2_000);
  });

  test('makes a run of bounded length [BD]', () => {
    const runs = runsOf(inboxOf(...Array.from({ length: 600 }, () => update(1, 1))));
    expect(runs.map((run) => run.length - 1)).toEqual([256, 256, 88]);
  });
});
