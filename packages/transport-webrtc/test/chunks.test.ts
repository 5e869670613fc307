import { equalBytes, limits } from '@mnemesh/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterChunk, ChunkAssembler, chunkAt, closeChunk } from '../src/chunks.js';
import { PacedQueue } from '../src/paced-queue.js';
import { webrtcLimits } from '../src/webrtc-limits.js';
import { RealRuntime } from './real-runtime.js';

function chunksOf(frame: Uint8Array): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < frame.length; at = afterChunk(at)) chunks.push(chunkAt(frame, at));
  return chunks;
}

test('a frame of any length crosses in chunks of sixteen kilobytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: limits.frameBytes }), (length) => {
      const frame = new Uint8Array(length).map((_, i) => i % 251);
      const assembler = new ChunkAssembler();
      const chunks = chunksOf(frame);
      expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(
        webrtcLimits.chunkBytes,
      );
      const arrivals = chunks.map((chunk) => assembler.receive(chunk));
      const last = arrivals.pop();
      expect(arrivals.every(({ kind }) => kind === 'incomplete')).toBe(true);
      expect(last?.kind === 'frame' && equalBytes(last.frame, frame)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test('what is no chunk is called malformed, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      const { kind } = new ChunkAssembler().receive(noise);
      expect(['frame', 'incomplete', 'close', 'malformed']).toContain(kind);
    }),
  );
});

test('pieces beyond the longest frame are refused, not gathered [BD]', () => {
  const assembler = new ChunkAssembler();
  const piece = new Uint8Array(webrtcLimits.chunkBytes);
  let kind = '';
  for (let n = 0; n < 17; n++) kind = assembler.receive(piece).kind;
  expect(kind).toBe('malformed');
});

test('why a link closes is told with its code, cut to what fits', () => {
  const arrival = new ChunkAssembler().receive(closeChunk(4503, 'x'.repeat(500)));
  expect(arrival).toEqual({ kind: 'close', code: 4503, reason: 'x'.repeat(123) });
});

/** A channel that sends nothing until it is told to. */
class SlowChannel {
  bufferedBytes = 0;
  most = 0;
  readonly sent: Uint8Array[] = [];
  low: () => void = () => undefined;

  send(message: Uint8Array): boolean {
    this.sent.push(message);
    this.bufferedBytes += message.length;
    this.most = Math.max(this.most, this.bufferedBytes);
    return true;
  }

  onLow(run: () => void): void {
    this.low = run;
  }

  drain(): void {
    this.bufferedBytes = 0;
    this.low();
  }
}

test('a channel is given no more than its high mark and a chunk, whatever waits [BD]', () => {
  const channel = new SlowChannel();
  const queue = new PacedQueue(channel, new RealRuntime());
  const frames = Array.from({ length: 40 }, (_, n) => new Uint8Array(limits.frameBytes).fill(n));
  for (const frame of frames) queue.add(frame);
  expect(queue.bytes).toBeGreaterThan(10_000_000);
  const assembler = new ChunkAssembler();
  const arrived: number[] = [];
  for (let at = 0; arrived.length < frames.length; channel.drain())
    for (; at < channel.sent.length; at++) {
      const arrival = assembler.receive(channel.sent[at] as Uint8Array);
      if (arrival.kind === 'frame') arrived.push(arrival.frame[7] as number);
    }
  queue.end();
  expect(arrived).toEqual(frames.map((_, n) => n));
  expect(channel.most).toBeLessThan(webrtcLimits.highMarkBytes + webrtcLimits.chunkBytes);
});
