import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from './child.js';
import type { At, Written } from './delivery-process.js';
import type { Serving } from './relay-process.js';

/** What writing offline and delivering through a relay took, and how much of it was Ed25519. */
export interface Delivery {
  readonly savedMs: number;
  readonly savedCpuMs: number;
  readonly signMs: number;
  /** From going online until a second replica has saved the last record. */
  readonly deliveredMs: number;
  /** Of the second replica. */
  readonly receivedCpuMs: number;
  readonly verifyMs: number;
  /** From going online until the relay has acked everything. */
  readonly ackedMs: number;
}

/** Writes `records` offline at one replica, goes online, and waits until another has them; relay and both in processes of their own. */
export async function measureDelivery(
  directory: string,
  records: number,
  agents: number,
  flags: readonly string[] = [],
): Promise<Delivery> {
  mkdirSync(directory, { recursive: true });
  const place = mkdtempSync(join(directory, 'delivery-'));
  const children: Child[] = [];
  const child = (role: string): Child => {
    const data = join(place, `${children.length}`);
    mkdirSync(data);
    const started = startChild(role, data, flags);
    children.push(started);
    return started;
  };
  try {
    const { url } = await child('relay').ask<Serving>({ kind: 'serve', data: join(place, '0') });
    const [writer, reader] = [child('delivery'), child('delivery')];
    const open = { kind: 'open', relay: url };
    await writer.ask({ ...open, data: join(place, '1'), agent: 0, offline: true });
    await reader.ask({ ...open, data: join(place, '2'), agent: 99, offline: false });
    const written = await writer.ask<Written>({ kind: 'write', records, agents });
    const arriving = reader.ask<At>({ kind: 'await-records', records });
    const online = await writer.ask<At & { readonly ackedMs: number }>({ kind: 'go-online' });
    const arrived = await arriving;
    return {
      savedMs: written.ms,
      savedCpuMs: written.cpuMs,
      signMs: written.cost.signMs,
      deliveredMs: arrived.at - online.at,
      receivedCpuMs: arrived.cpuMs ?? Number.NaN,
      verifyMs: arrived.cost.verifyMs,
      ackedMs: online.ackedMs,
    };
  } finally {
    for (const started of children.reverse()) await started.stop();
    rmSync(place, { recursive: true, force: true });
  }
}
