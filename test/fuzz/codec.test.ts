import {
  decodeElement,
  decodeFrame,
  encodeCommitElement,
  encodeEnvelope,
  encodeEnvelopeElement,
  encodeFrame,
  equalBytes,
  hasCode,
  MessageAssembler,
} from '@mnemesh/protocol';
import { decodeState, encodeState, followsOn, readUpdate, SegmentDocument } from '@mnemesh/segment';
import { SeededRandom } from '@mnemesh/testing';
import { describe, expect, test } from 'vitest';
import { mutate } from './byte-fuzzer.js';
import { HostileReplica, type Hostility } from './hostile-replica.js';
import { bytesInUse } from './memory.js';

const FRAMES = 100_000;
const MIB = 1024 * 1024;
const WILD: Hostility = { mutated: 0.6, noise: 0.15, lying: 0.2 };

describe('whatever bytes arrive', () => {
  test(`${FRAMES} random and mutated frames are read or refused, and nothing is kept [BD]`, () => {
    const random = new SeededRandom('codec');
    const before = bytesInUse();
    const seen = { read: 0, unknown: 0, refused: 0, waiting: 0 };
    let assembler = new MessageAssembler();
    let replica = new HostileReplica(random.fork('0'), WILD);
    for (let sent = 0; sent < FRAMES; ) {
      if (random.chance(0.01)) {
        replica = new HostileReplica(random.fork(`${sent}`), WILD);
      }
      for (const bytes of random.chance(0.02) ? replica.greeting('fuzz') : replica.next()) {
        sent++;
        try {
          const message = assembler.receive(bytes);
          if (message === undefined) seen.waiting++;
          else if (message.type === 'unknown') seen.unknown++;
          else seen.read++;
        } catch (error) {
          if (!hasCode(error, 'bad_frame')) throw error;
          seen.refused++;
          assembler = new MessageAssembler();
        }
      }
    }
    // Each way out was taken often, so that the run means something.
    expect(seen.read).toBeGreaterThan(FRAMES / 10);
    expect(seen.refused).toBeGreaterThan(FRAMES / 10);
    expect(seen.unknown).toBeGreaterThan(FRAMES / 200);
    expect(seen.waiting).toBeGreaterThan(FRAMES / 200);
    expect(bytesInUse() - before).toBeLessThan(16 * MIB);
  }, 120_000);

  test('a frame that is accepted has no other bytes than its own', () => {
    const random = new SeededRandom('again');
    let accepted = 0;
    for (let session = 0; session < 100; session++) {
      const replica = new HostileReplica(random.fork(`${session}`), WILD);
      for (const bytes of Array.from({ length: 100 }, () => replica.next()).flat()) {
        try {
          const frame = decodeFrame(bytes);
          if (frame.type === 'unknown') continue;
          accepted++;
          if (!equalBytes(encodeFrame(frame), bytes)) expect(encodeFrame(frame)).toEqual(bytes);
        } catch (error) {
          if (!hasCode(error, 'bad_frame')) throw error;
        }
      }
    }
    expect(accepted).toBeGreaterThan(2_000);
  }, 60_000);

  test('elements are read or refused as bad_envelope', () => {
    const random = new SeededRandom('elements');
    const hex = (bytes: number): never => Buffer.from(random.bytes(bytes)).toString('hex') as never;
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      const envelope = encodeEnvelope({
        nonce: random.bytes(16),
        id: '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB' as never,
        field: 'status',
        context: new Map([[hex(8), random.uint32()]]),
        data: random.bytes(random.int(40)),
      });
      const many = random.chance(0.5);
      const commit = {
        agent: hex(32),
        writer: hex(8),
        session: hex(8),
        clock: random.uint32(),
        versions: many ? [hex(32), hex(32)] : [hex(32)],
      };
      const element = random.chance(0.3)
        ? encodeEnvelopeElement(envelope)
        : encodeCommitElement(commit, random.bytes(64), many ? undefined : envelope);
      try {
        decodeElement(random.chance(0.9) ? mutate(random, element) : element);
      } catch (error) {
        if (!hasCode(error, 'bad_envelope')) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(2_000);
  }, 60_000);

  test('states are read or refused as a RangeError', () => {
    const random = new SeededRandom('states');
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      const state = encodeState({
        clocks: new Map([[random.uint32(), random.between(1, 99)]]),
        deleted: new Map([
          [random.uint32(), [{ from: random.int(9), to: random.between(10, 99) }]],
        ]),
      });
      try {
        decodeState(mutate(random, state));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(2_000);
  }, 60_000);

  test('updates are applied whole, or refused and leave the segment as it was [CV]', () => {
    const random = new SeededRandom('updates');
    const source = new SegmentDocument('fuzz', 1);
    const target = new SegmentDocument('fuzz', 2);
    const outcome = { applied: 0, gap: 0, refused: 0 };
    for (let i = 0; i < 10_000; i++) {
      const held = [...source.elements()].map(({ place }) => place);
      const honest = source.edit(
        [random.bytes(random.between(1, 30))],
        held.length > 8 ? [random.pick(held)] : [],
      );
      const bad = mutate(random, honest?.update ?? new Uint8Array(0));
      const before = target.state;
      let content: ReturnType<typeof readUpdate> | undefined;
      try {
        content = readUpdate(bad);
      } catch {
        outcome.refused++;
        expect(() => target.apply(bad)).toThrow();
      }
      if (content !== undefined) {
        const fits = followsOn(before, content);
        expect(target.apply(bad).gap).toBe(!fits);
        outcome[fits ? 'applied' : 'gap']++;
      }
      if (content === undefined || !followsOn(before, content)) expect(target.state).toBe(before);
      expect(target.doc.store.pendingStructs).toBeNull();
      // What was really written follows, so that the next one has ground to stand on.
      if (honest !== undefined) target.apply(honest.update);
    }
    expect(Math.min(outcome.applied, outcome.gap, outcome.refused)).toBeGreaterThan(200);
    // It still takes what is honest, from a client whose ids nobody forged.
    const honest = new SegmentDocument('fuzz', 3);
    honest.edit([Uint8Array.of(7)], []);
    expect(target.apply(honest.encode()).gap).toBe(false);
  }, 120_000);
});
