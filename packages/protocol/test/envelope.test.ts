import {
  type AgentId,
  type Clock,
  type Commit,
  clockBytes,
  decodeElement,
  decodeEnvelope,
  type Envelope,
  encodeCommit,
  encodeCommitElement,
  encodeEnvelope,
  encodeEnvelopeElement,
  envelopeVersion,
  equalBytes,
  fromHex,
  hasCode,
  limits,
  type MeshId,
  type Namespace,
  type RecordId,
  readClock,
  type SegmentName,
  type SessionId,
  segmentContext,
  toHex,
  type Version,
  type WriterId,
} from '@mnemesh/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const hex = <T extends string>(length: number): fc.Arbitrary<T> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => toHex(bytes) as T);
const clock = fc.maxSafeNat();

const envelopes: fc.Arbitrary<Envelope> = fc.record({
  nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  id: fc.stringMatching(/^[a-z0-9-]{1,40}\.[A-Za-z0-9]{1,26}$/) as fc.Arbitrary<RecordId>,
  field: fc.string({ unit: 'grapheme', maxLength: 20 }),
  context: fc
    .array(fc.tuple(hex<SessionId>(8), clock), { maxLength: 20 })
    .map((entries) => new Map(entries)),
  data: fc.uint8Array({ maxLength: 300 }),
});

const commits: fc.Arbitrary<Commit> = fc.record({
  agent: hex<AgentId>(32),
  writer: hex<WriterId>(8),
  session: hex<SessionId>(8),
  clock,
  versions: fc.array(hex<Version>(32), { minLength: 1, maxLength: limits.commitVersions }),
});

const signature = new Uint8Array(64).fill(7);

function expectBadEnvelope(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(hasCode(error, 'bad_envelope'), String(error)).toBe(true);
    return;
  }
  expect.unreachable('the bytes were accepted');
}

const example: Envelope = {
  nonce: new Uint8Array(16),
  id: '1.A' as RecordId,
  field: '',
  context: new Map(),
  data: new Uint8Array(0),
};

describe('an envelope', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
      }),
    );
  });

  test('has the same bytes in whatever order its context was gathered', () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        const turned = new Map([...envelope.context].reverse());
        expect(encodeEnvelope({ ...envelope, context: turned })).toEqual(encodeEnvelope(envelope));
      }),
    );
  });

  test('is refused when it ends early, or goes on', () => {
    fc.assert(
      fc.property(envelopes, fc.nat(), (envelope, cut) => {
        const bytes = encodeEnvelope(envelope);
        expectBadEnvelope(() => decodeEnvelope(bytes.subarray(0, cut % bytes.length)));
        expectBadEnvelope(() => decodeEnvelope(Uint8Array.of(...bytes, 0)));
      }),
    );
  });

  test('is never read past its own bytes, whatever lies behind them', () => {
    const bytes = encodeEnvelope({ ...example, data: Uint8Array.of(1, 2, 3) });
    const pool = new Uint8Array(bytes.length + 100).fill(0x61);
    pool.set(bytes, 50);
    expectBadEnvelope(() => decodeEnvelope(pool.subarray(50, 50 + bytes.length - 1)));
    expect(decodeEnvelope(pool.subarray(50, 50 + bytes.length)).data).toEqual(
      Uint8Array.of(1, 2, 3),
    );
  });

  test('with a context out of order or twice the same session is refused', () => {
    const session = (byte: number): number[] => new Array(8).fill(byte);
    const zero = new Array(8).fill(0);
    const withContext = (...entries: readonly number[][]): Uint8Array =>
      Uint8Array.from([
        ...new Array(16).fill(0),
        3,
        0x31,
        0x2e,
        0x41,
        0,
        entries.length,
        ...entries.flat(),
        0,
      ]);
    expect(
      decodeEnvelope(withContext([...session(1), ...zero], [...session(2), ...zero])).context.size,
    ).toBe(2);
    expectBadEnvelope(() =>
      decodeEnvelope(withContext([...session(2), ...zero], [...session(1), ...zero])),
    );
    expectBadEnvelope(() =>
      decodeEnvelope(withContext([...session(1), ...zero], [...session(1), ...zero])),
    );
    expectBadEnvelope(() =>
      decodeEnvelope(withContext([...session(1), ...new Array(8).fill(0xff)])),
    );
  });

  test.each<[string, Partial<Envelope>]>([
    ['too much data', { data: new Uint8Array(limits.dataBytes + 1) }],
    ['a field name too long', { field: 'ü'.repeat(limits.fieldBytes / 2 + 1) }],
    ['an id too long', { id: `1.${'A'.repeat(limits.recordIdBytes)}` as RecordId }],
    [
      'too many concurrent sessions',
      {
        context: new Map(
          Array.from({ length: limits.contextEntries + 1 }, (_, i) => [
            i.toString(16).padStart(16, '0') as SessionId,
            1 as Clock,
          ]),
        ),
      },
    ],
  ])('with %s is refused when it is written, not when it is read', (_name, part) => {
    try {
      encodeEnvelope({ ...example, ...part });
    } catch (error) {
      expect(error).toMatchObject({ code: 'too_large', message: expect.stringContaining('limit') });
      return;
    }
    expect.unreachable('the envelope was written');
  });

  test('at each of its limits is written and read', () => {
    const largest: Envelope = {
      nonce: new Uint8Array(16).fill(1),
      id: `1.${'A'.repeat(limits.recordIdBytes - 2)}` as RecordId,
      field: 'ü'.repeat(limits.fieldBytes / 2),
      context: new Map(
        Array.from({ length: limits.contextEntries }, (_, i) => [
          i.toString(16).padStart(16, '0') as SessionId,
          i as Clock,
        ]),
      ),
      data: new Uint8Array(limits.dataBytes),
    };
    const read = decodeEnvelope(encodeEnvelope(largest));
    // Compared by hand: a million numbers are too many for a report of differences.
    expect(equalBytes(read.data, largest.data)).toBe(true);
    expect({ ...read, data: undefined }).toEqual({ ...largest, data: undefined });
  });

  test('has a version for each author and each segment: none can pass off another’s', () => {
    const bytes = encodeEnvelope(example);
    const here = segmentContext('m' as MeshId, 'n' as Namespace, '1' as SegmentName);
    const there = segmentContext('m' as MeshId, 'n' as Namespace, '2' as SegmentName);
    const [alice, mallory] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const versions = new Set([
      envelopeVersion(here, alice, bytes),
      envelopeVersion(here, mallory, bytes),
      envelopeVersion(there, alice, bytes),
    ]);
    expect(versions.size).toBe(3);
  });
});

describe('a commit', () => {
  test('of several versions comes back as it was written', () => {
    fc.assert(
      fc.property(commits, (commit) => {
        fc.pre(commit.versions.length > 1);
        const element = encodeCommitElement(commit, signature, undefined);
        expect(decodeElement(element)).toEqual({
          kind: 'commit',
          commit,
          encoded: encodeCommit(commit),
          signature,
          envelope: undefined,
        });
      }),
      { numRuns: 30 },
    );
  });

  test('of one carries its envelope in place of the version', () => {
    fc.assert(
      fc.property(commits, envelopes, (commit, envelope) => {
        const one = { ...commit, versions: commit.versions.slice(0, 1) };
        const bytes = encodeEnvelope(envelope);
        const element = encodeCommitElement(one, signature, bytes);
        expect(element.length).toBe(1 + 32 + 8 + 8 + 8 + 1 + 64 + bytes.length);
        expect(decodeElement(element)).toEqual({
          kind: 'commit',
          commit: { ...one, versions: [] },
          encoded: encodeCommit(one).subarray(0, -32),
          signature,
          envelope: bytes,
        });
      }),
      { numRuns: 30 },
    );
  });

  const head: Omit<Commit, 'versions'> = {
    agent: '00'.repeat(32) as AgentId,
    writer: '00'.repeat(8) as WriterId,
    session: '00'.repeat(8) as SessionId,
    clock: 1,
  };
  const version = 'ab'.repeat(32) as Version;

  test('of nothing, of too much, or without its one envelope is never written', () => {
    const write = (count: number, envelope?: Uint8Array) => () =>
      encodeCommitElement(
        { ...head, versions: new Array(count).fill(version) },
        signature,
        envelope,
      );
    expect(write(0)).toThrow(RangeError);
    expect(write(1)).toThrow(RangeError);
    expect(write(2, encodeEnvelope(example))).toThrow(RangeError);
    expect(write(limits.commitVersions + 1)).toThrow(RangeError);
    expect(write(limits.commitVersions)).not.toThrow();
  });

  test('is refused when it ends early', () => {
    const element = encodeCommitElement(
      { ...head, versions: [version, version] },
      signature,
      undefined,
    );
    for (let length = 0; length < element.length; length++) {
      expectBadEnvelope(() => decodeElement(element.subarray(0, length)));
    }
  });
});

describe('an element', () => {
  test('of a kind nobody wrote is refused', () => {
    for (const kind of [0, 3, 255]) expectBadEnvelope(() => decodeElement(Uint8Array.of(kind, 1)));
    expectBadEnvelope(() => decodeElement(new Uint8Array(0)));
  });

  test('that is an envelope hands out its bytes', () => {
    const bytes = encodeEnvelope(example);
    expect(decodeElement(encodeEnvelopeElement(bytes))).toEqual({
      kind: 'envelope',
      envelope: bytes,
    });
  });
});

test('a clock keeps every millisecond until the year 2109, and its order as bytes', () => {
  fc.assert(
    fc.property(clock, clock, (a, b) => {
      expect(readClock(clockBytes(a))).toBe(a);
      expect(toHex(clockBytes(a)) < toHex(clockBytes(b))).toBe(a < b);
    }),
  );
  const year2109 = Date.UTC(2109, 0, 1) * 2048 + 2047;
  expect(readClock(clockBytes(year2109))).toBe(year2109);
  expect(() => readClock(fromHex('ffffffffffffffff'))).toThrow(RangeError);
});
