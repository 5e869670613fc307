import type { Transport, TransportState } from '@mnemesh/core';
import {
  closeCodes,
  equalBytes,
  type Link,
  type LinkAcceptor,
  type LinkHandler,
  limits,
} from '@mnemesh/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** What an adapter brings to be tested: one transport, not started, and how time passes for it. */
export interface TransportSetup {
  readonly transport: Transport;
  /** Lets time pass until the condition holds. @throws when it never does */
  until(condition: () => boolean): Promise<void>;
  /** Lets so much time pass that whatever was going to happen has happened, reconnects included. */
  pass(): Promise<void>;
  /** Ends what `setup` started. The transport may still be open. */
  close(): Promise<void>;
}

/** @param farEnd accepts, at the other end, each link that the transport opens */
export type TransportSetupMaker = (farEnd: LinkAcceptor) => Promise<TransportSetup>;

/** One end of one link, and all that its owner was told. */
export class RecordingEnd implements LinkHandler {
  readonly link: Link;
  readonly frames: Uint8Array[] = [];
  readonly closings: { readonly code: number; readonly reason: string }[] = [];
  /** Set as `accept` returns; a frame before that breaks the contract. */
  accepted = false;
  early = 0;
  throwing = false;

  constructor(link: Link) {
    this.link = link;
  }

  received(frame: Uint8Array): void {
    if (this.throwing) throw new Error('a defect of the owner');
    if (!this.accepted || this.closings.length > 0) this.early++;
    this.frames.push(frame.slice());
  }

  closed(code: number, reason: string): void {
    this.closings.push({ code, reason });
  }
}

/** Records every link that opens at one end. */
export class RecordingOwner {
  readonly ends: RecordingEnd[] = [];
  /** Called with each new end before its `accept` returns. */
  greet: (end: RecordingEnd) => void = () => {};

  readonly accept: LinkAcceptor = (link) => {
    const end = new RecordingEnd(link);
    this.ends.push(end);
    this.greet(end);
    end.accepted = true;
    return end;
  };

  get last(): RecordingEnd {
    const end = this.ends.at(-1);
    if (end === undefined) throw new Error('no link has opened');
    return end;
  }
}

function frameOf(number: number, bytes: number): Uint8Array {
  const frame = new Uint8Array(bytes).fill(number % 251);
  new DataView(frame.buffer).setUint32(0, number);
  return frame;
}

function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(0);
}

/** What every adapter of the link port promises. */
export function describeTransport(name: string, setup: TransportSetupMaker): void {
  describe(`link port: ${name}`, () => {
    let near: RecordingOwner;
    let far: RecordingOwner;
    let world: TransportSetup;
    let states: TransportState[];

    beforeEach(async () => {
      near = new RecordingOwner();
      far = new RecordingOwner();
      world = await setup((link) => far.accept(link));
      states = [];
    });

    afterEach(async () => {
      await world.transport.close();
      await world.close();
    });

    const start = (): void => {
      world.transport.start(near.accept, (state) => states.push(state));
    };
    /** Starts, and waits until `count` links in all have opened at both ends. */
    const opened = async (count = 1): Promise<void> => {
      await world.until(() => near.ends.length >= count && far.ends.length >= count);
    };

    test('does nothing before it is started', async () => {
      expect(world.transport.state).toBe('offline');
      await world.pass();
      expect(far.ends).toHaveLength(0);
    });

    test('opens a link and tells each change of its state', async () => {
      start();
      await opened();
      expect(states).toEqual(['connecting', 'connected']);
      expect(world.transport.state).toBe('connected');
      expect(near.last.link.kind).toBe(world.transport.kind);
      expect(near.last.link.peer).not.toBe('');
    });

    test('frames arrive whole, once and in order, both ways', async () => {
      start();
      await opened();
      const count = 200;
      for (let i = 0; i < count; i++) {
        near.last.link.send(frameOf(i, 4 + ((i * 37) % 3000)));
        far.last.link.send(frameOf(i, 4 + ((i * 91) % 3000)));
      }
      await world.until(() => far.last.frames.length + near.last.frames.length >= 2 * count);
      const numbers = Array.from({ length: count }, (_, i) => i);
      expect(far.last.frames.map(numberOf)).toEqual(numbers);
      expect(near.last.frames.map(numberOf)).toEqual(numbers);
      expect(far.last.frames.map((frame) => frame.length)).toEqual(
        numbers.map((i) => 4 + ((i * 37) % 3000)),
      );
      expect(far.last.frames[17]).toEqual(frameOf(17, 4 + ((17 * 37) % 3000)));
    });

    test('carries the shortest and the longest frame', async () => {
      start();
      await opened();
      const longest = frameOf(7, limits.frameBytes);
      for (const end of [near.last, far.last]) {
        end.link.send(Uint8Array.of(17));
        end.link.send(longest);
      }
      await world.until(() => far.last.frames.length >= 2 && near.last.frames.length >= 2);
      for (const { frames } of [far.last, near.last]) {
        expect(frames.map(({ length }) => length)).toEqual([1, longest.length]);
        // Compared natively: the runner's own comparison takes seconds for a quarter of a million bytes.
        expect(frames[0]?.[0]).toBe(17);
        expect(equalBytes(frames[1] as Uint8Array, longest)).toBe(true);
      }
    });

    test('a frame may be changed by its sender once it was handed over', async () => {
      start();
      await opened();
      const frame = frameOf(1, 64);
      near.last.link.send(frame);
      await world.until(() => near.last.link.bufferedBytes === 0 && far.last.frames.length === 1);
      frame.fill(0);
      expect(far.last.frames[0]).toEqual(frameOf(1, 64));
    });

    test('no frame arrives before the owner has accepted the link', async () => {
      far.greet = (end) => {
        for (let i = 0; i < 5; i++) end.link.send(frameOf(i, 16));
      };
      start();
      await opened();
      await world.until(() => near.last.frames.length === 5);
      expect(near.last.early).toBe(0);
    });

    test('what waits to be sent is counted, and leaves [BD]', async () => {
      start();
      await opened();
      for (let i = 0; i < 20; i++) near.last.link.send(frameOf(i, limits.frameBytes));
      expect(near.last.link.bufferedBytes).toBeGreaterThan(0);
      await world.until(() => far.last.frames.length === 20);
      await world.until(() => near.last.link.bufferedBytes === 0);
    });

    test('a link closed here tells both owners once, with its code, and carries nothing more', async () => {
      start();
      await opened();
      const [nearEnd, farEnd] = [near.last, far.last];
      nearEnd.link.close(closeCodes.badFrame, 'enough');
      nearEnd.link.close(closeCodes.tooSlow, 'again');
      nearEnd.link.send(frameOf(1, 16));
      await world.until(() => nearEnd.closings.length > 0 && farEnd.closings.length > 0);
      await world.pass();
      expect(nearEnd.closings).toEqual([{ code: closeCodes.badFrame, reason: 'enough' }]);
      expect(farEnd.closings).toEqual([{ code: closeCodes.badFrame, reason: 'enough' }]);
      expect(farEnd.frames).toHaveLength(0);
      farEnd.link.send(frameOf(2, 16));
      await world.pass();
      expect(nearEnd.frames).toHaveLength(0);
    });

    test('why a link is closed still reaches the other end before the close', async () => {
      start();
      await opened();
      near.last.link.send(frameOf(1, 300));
      near.last.link.close(closeCodes.overloaded, '');
      const farEnd = far.ends[0] as RecordingEnd;
      await world.until(() => farEnd.closings.length > 0);
      expect(farEnd.frames.map(numberOf)).toEqual([1]);
      expect(farEnd.early).toBe(0);
    });

    test('a link closed by the other end is opened again', async () => {
      start();
      await opened();
      far.last.link.close(closeCodes.goingAway, 'restart');
      await opened(2);
      expect(near.ends[0]?.closings).toEqual([{ code: closeCodes.goingAway, reason: 'restart' }]);
      expect(states).toEqual(['connecting', 'connected', 'connecting', 'connected']);
      near.last.link.send(frameOf(9, 16));
      await world.until(() => far.last.frames.length === 1);
      expect(near.ends[0]?.closings).toHaveLength(1);
    });

    test('closed often without being admitted, it still comes back', async () => {
      start();
      for (let round = 1; round <= 6; round++) {
        await opened(round);
        far.last.link.close(closeCodes.overloaded, '');
        await world.until(() => near.ends[round - 1]?.closings.length === 1);
      }
      await opened(7);
      world.transport.admitted(near.last.link);
      expect(world.transport.state).toBe('connected');
    });

    test('after a terminal code from the other end it stops for good', async () => {
      start();
      await opened();
      far.last.link.close(closeCodes.notPermitted, 'no grant');
      await world.until(() => world.transport.state === 'refused');
      await world.pass();
      world.transport.setOffline(true);
      world.transport.setOffline(false);
      await world.pass();
      expect(near.ends).toHaveLength(1);
      expect(near.last.closings).toEqual([{ code: closeCodes.notPermitted, reason: 'no grant' }]);
      expect(world.transport.state).toBe('refused');
    });

    test('after a terminal code from this end it stops for good', async () => {
      start();
      await opened();
      near.last.link.close(closeCodes.unknownProtocol, 'too new');
      await world.until(() => world.transport.state === 'refused');
      await world.pass();
      expect(near.ends).toHaveLength(1);
      expect(states).toEqual(['connecting', 'connected', 'refused']);
    });

    test('set offline it closes its link and stays away until it is set online', async () => {
      start();
      await opened();
      world.transport.setOffline(true);
      await world.until(() => near.last.closings.length === 1 && far.last.closings.length === 1);
      await world.pass();
      expect(world.transport.state).toBe('offline');
      expect(far.ends).toHaveLength(1);
      world.transport.setOffline(false);
      await opened(2);
      expect(world.transport.state).toBe('connected');
    });

    test('set offline before it starts, it does not connect until it is set online', async () => {
      world.transport.setOffline(true);
      start();
      await world.pass();
      expect(far.ends).toHaveLength(0);
      world.transport.setOffline(false);
      await opened();
      expect(world.transport.state).toBe('connected');
    });

    test('an owner that throws loses its link, and nothing else', async () => {
      start();
      await opened();
      near.last.throwing = true;
      far.last.link.send(frameOf(1, 16));
      await opened(2);
      expect(near.ends[0]?.closings).toHaveLength(1);
      far.last.link.send(frameOf(2, 16));
      await world.until(() => near.last.frames.length === 1);
    });

    test('an owner may close its link while it accepts it', async () => {
      near.greet = (end) => {
        if (near.ends.length === 1) end.link.close(closeCodes.overloaded, 'not now');
      };
      start();
      await opened(2);
      expect(near.ends[0]?.closings).toEqual([{ code: closeCodes.overloaded, reason: 'not now' }]);
      expect(near.ends[1]?.closings).toEqual([]);
    });

    test('closed while it has a link, it tells the owner and never connects again', async () => {
      start();
      await opened();
      await Promise.all([world.transport.close(), world.transport.close()]);
      expect(near.last.closings).toHaveLength(1);
      await world.until(() => far.last.closings.length === 1);
      await world.transport.close();
      world.transport.setOffline(true);
      world.transport.setOffline(false);
      await world.pass();
      expect(near.ends).toHaveLength(1);
      expect(world.transport.state).toBe('offline');
    });

    test('closed while it connects, it opens no link', async () => {
      start();
      await world.transport.close();
      await world.pass();
      expect(near.ends).toHaveLength(0);
    });
  });
}
