import {
  decodeFrame,
  encodeFrame,
  encodeMessage,
  equalBytes,
  type Frame,
  type FrameType,
  hasCode,
  limits,
  MessageAssembler,
} from '@mnemesh/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyFrame, anyMessage, frameArbitraries } from './frame-arbitraries.js';

/** Runs `call`, which must fail with `bad_frame` and nothing else. */
function expectBadFrame(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(hasCode(error, 'bad_frame'), String(error)).toBe(true);
    return;
  }
  expect.unreachable('the bytes were accepted');
}

describe('a frame', () => {
  test.each(Object.keys(frameArbitraries) as FrameType[])(
    '%s comes back as it was sent',
    (type) => {
      fc.assert(
        fc.property(frameArbitraries[type], (frame) => {
          expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
        }),
        { numRuns: 60 },
      );
    },
  );

  test('does not keep the bytes alive that it was read from', () => {
    const wire = encodeFrame({ type: 'push', number: 1, document: 2, update: Uint8Array.of(9, 9) });
    const frame = decodeFrame(wire);
    wire.fill(0);
    expect(frame).toMatchObject({ update: Uint8Array.of(9, 9) });
  });

  test('is refused when it ends early, or goes on', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), (frame, cut) => {
        const wire = encodeFrame(frame);
        if (wire.length > 1)
          expectBadFrame(() => decodeFrame(wire.subarray(0, 1 + (cut % (wire.length - 1)))));
        expectBadFrame(() => decodeFrame(Uint8Array.of(...wire, 0)));
      }),
    );
  });

  test('of an unknown type is told apart from a bad one', () => {
    expect(decodeFrame(Uint8Array.of(100, 1, 2, 3))).toEqual({ type: 'unknown', number: 100 });
    expect(decodeFrame(Uint8Array.of(0xff, 0x7f))).toEqual({ type: 'unknown', number: 16383 });
  });

  test.each([
    ['nothing at all', []],
    ['a type that never ends', [0xff, 0xff, 0xff]],
    ['a type longer than any number', [...new Array(200).fill(0x80), 0]],
    ['a type in more bytes than it takes', [0x91, 0x00]],
    ['a number that turns into NaN in lib0', [8, ...new Array(160).fill(0x80), 0, 0]],
    ['a number beyond what a double holds', [11, ...new Array(7).fill(0xff), 0x7f, 0, 0]],
    ['a flag that is neither', [5, ...new Array(16).fill(0), 0, 2]],
    ['a reason nobody knows', [13, 1, 1, 4]],
    ['a document beyond the limit', [7, 0xc1, 0x84, 0x3d, 0]],
    ['text that is no UTF-8', [16, 1, 0xff, 0]],
    ['a namespace that is none', [6, 1, 1, 0x20, 1, 0x31]],
    ['more agents than allowed', [1, 1, 1, 0x61, ...new Array(33).fill(0), 65]],
  ])('is refused for %s', (_name, bytes) => {
    expectBadFrame(() => decodeFrame(Uint8Array.from(bytes as number[])));
  });

  test('a length that lies costs nothing [BD]', () => {
    // An update of 32 MiB and a catalog of 1,000 documents, of which nothing follows.
    expectBadFrame(() => decodeFrame(Uint8Array.of(8, 1, 0x80, 0x80, 0x80, 0x10)));
    expectBadFrame(() => decodeFrame(Uint8Array.of(4, 0xe8, 0x07)));
  });

  test.each<[string, Frame]>([
    [
      'a presence beyond its limit',
      { type: 'presence', presence: new Uint8Array(limits.presenceBytes + 1) },
    ],
    ['a text beyond its limit', { type: 'error', code: 'ü'.repeat(33), message: '' }],
    [
      'a document beyond its limit',
      { type: 'state', document: limits.linkDocuments + 1, state: new Uint8Array(0) },
    ],
    ['a negative number', { type: 'push', number: -1, document: 1, update: new Uint8Array(0) }],
    ['a fraction', { type: 'push', number: 0.5, document: 1, update: new Uint8Array(0) }],
    ['a hash of the wrong length', { type: 'summary', hash: 'abcd' }],
    [
      'too many globs',
      {
        type: 'subscribe',
        globs: new Array(limits.subscriptionGlobs + 1).fill('a'),
        cursor: undefined,
      },
    ],
    ['an unknown reason', { type: 'denied', push: 1, document: 1, reason: 'because' as never }],
  ])('with %s is never sent', (_name, frame) => {
    expect(() => encodeFrame(frame)).toThrow(RangeError);
  });
});

test('the reason of an error is cut to its limit, never a cause to fail', () => {
  for (const [sign, left] of [
    ['x', 500],
    ['ü', 250],
    ['✓', 166],
    ['👍', 125],
  ] as const) {
    const frame = decodeFrame(
      encodeFrame({ type: 'error', code: 'bad_frame', message: sign.repeat(400 + 200) }),
    );
    expect(frame).toMatchObject({ code: 'bad_frame' });
    expect(frame.type === 'error' && frame.message.startsWith(sign.repeat(left))).toBe(true);
  }
});

describe('a message', () => {
  test('of any length comes back from frames of any length', () => {
    fc.assert(
      fc.property(anyMessage, fc.integer({ min: 16, max: 400 }), (frame, frameBytes) => {
        const assembler = new MessageAssembler();
        const frames = encodeMessage(frame, frameBytes);
        const messages = frames.map((bytes) => {
          expect(bytes.length).toBeLessThanOrEqual(frameBytes);
          return assembler.receive(bytes);
        });
        expect(messages.slice(0, -1).every((message) => message === undefined)).toBe(true);
        expect(messages.at(-1)).toEqual(frame);
      }),
    );
  });

  test('of many megabytes travels in frames of the limit, one after the other', () => {
    const update = new Uint8Array(3_000_000).map((_, i) => i);
    const message: Frame = { type: 'push', number: 1, document: 2, update };
    const frames = encodeMessage(message);
    expect(frames.length).toBe(12);
    for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(limits.frameBytes);
    const assembler = new MessageAssembler();
    const both = [...frames, ...frames].map((frame) => assembler.receive(frame));
    const whole = both.filter((received) => received !== undefined);
    expect(whole).toHaveLength(2);
    // Compared by hand: three million numbers are too many for a report of differences.
    for (const received of whole) {
      expect(received.type === 'push' && equalBytes(received.update, update)).toBe(true);
    }
  });

  const part = (bytes: Uint8Array, last = false): Uint8Array =>
    encodeFrame({ type: 'part', last, bytes });

  test('is refused when another frame comes between its parts', () => {
    const assembler = new MessageAssembler();
    assembler.receive(part(Uint8Array.of(17)));
    expectBadFrame(() => assembler.receive(encodeFrame({ type: 'ping' })));
  });

  test('is refused when a part holds a part', () => {
    expectBadFrame(() => new MessageAssembler().receive(part(part(Uint8Array.of(17), true), true)));
  });

  test('is refused in a frame beyond the limit', () => {
    expectBadFrame(() => new MessageAssembler().receive(new Uint8Array(limits.frameBytes + 1)));
  });

  test('is given up when it grows beyond the limit [BD]', () => {
    const assembler = new MessageAssembler();
    const piece = part(new Uint8Array(limits.frameBytes - 8));
    const fitting = Math.floor(limits.messageBytes / (limits.frameBytes - 8));
    for (let i = 0; i < fitting; i++) assembler.receive(piece);
    expectBadFrame(() => assembler.receive(piece));
  });

  test('is given up when it comes in too many pieces, even empty ones [BD]', () => {
    const assembler = new MessageAssembler();
    const piece = part(new Uint8Array(0));
    for (let i = 0; i < limits.messageParts; i++) assembler.receive(piece);
    expectBadFrame(() => assembler.receive(piece));
  });
});
