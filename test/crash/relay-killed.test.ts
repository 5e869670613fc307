import { decodeFrame } from '@mnemesh/protocol';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { runtime } from '../integration/place.js';
import { SeededRandom } from '@mnemesh/testing';
import { describe, expect, test } from 'vitest';
import { startReplica, temporaryDirectory } from '../integration/place.js';
import { broken, describeBroken } from './claims.js';
import { brokenInTheEnd } from './held-by-mesh.js';
import { crashSeed, moment } from './plans.js';
import { readRelayLog } from './relay-log.js';
import { freePort, RelayUnderFire } from './relay-place.js';

const KILLS = 25;
/** Steps of each writer from one kill to the next: more than it gets done before the kill. */
const STEPS = 15;
const WRITERS = ['planner', 'researcher', 'reviewer'];
/** Milliseconds between an ack and the kill, at most: several groups, and a compaction or two. */
const AFTER_ACK_MS = 150;
/** Milliseconds within which a starting relay is killed, at most: a little over what a start takes. */
const STARTING_MS = 400;

/** What the disk of a killed relay must hold: every write of which any writer was told that it is durable. */
async function brokenOnDisk(place: RelayUnderFire): Promise<readonly string[]> {
  const log = await readRelayLog(place.directory);
  expect(log.integrity).toBe('ok');
  return describeBroken(broken(place.acked.standing, log.holding), log.holding);
}

async function brokenForFreshReader(place: RelayUnderFire): Promise<readonly string[]> {
  const trace: string[] = []; const t0 = performance.now();
  const inner = websocketTransport({ url: place.url, runtime });
  const say = (d: string, b: Uint8Array) => { let f: any; try { f = decodeFrame(b);} catch { f = {type:'?'} } trace.push(`${Math.round(performance.now()-t0)} ${d} ${f.type} ${JSON.stringify(f, (_k, v) => v instanceof Uint8Array ? `<${v.length}>` : v).slice(0,160)}`); };
  const tr = { kind: inner.kind, get address() { return inner.address }, get state() { return inner.state }, setOffline: (o: boolean) => inner.setOffline(o), close: () => inner.close(), admitted: (l: any) => inner.admitted(l.__in), start: (accept: any, changed: any) => inner.start((link: any) => {
    const w: any = { __in: link, peer: link.peer, kind: link.kind, get bufferedBytes() { return link.bufferedBytes }, close: (c: any, r: any) => {trace.push(`close ${c} ${r}`); link.close(c, r)}, send: (b: Uint8Array) => { say('>', b); link.send(b); } };
    const h = accept(w);
    return { received: (b: Uint8Array) => { say('<', b); h.received(b) }, closed: (c: any, r: any) => { trace.push(`closed ${c} ${r}`); h.closed(c, r) } };
  }, changed) };
  const reader = await startReplica(await temporaryDirectory(), 'reader', undefined, { transports: [tr as any] });
  try {
    const b = await brokenInTheEnd(reader, place.acked.standing); if (b.length) { console.log(JSON.stringify(reader.status)); const c: any = {}; for (const l of trace) { const k = l.split(' ').slice(1,3).join(' '); c[k] = (c[k] ?? 0) + 1; } console.log(JSON.stringify(c)); console.log(trace.slice(0,60).join('\n'), '\n...\n', trace.slice(-40).join('\n')); const { execSync } = await import('node:child_process'); try { console.log(execSync(`cat /proc/${place.pid}/stat; ls -la /proc/${place.pid}/fd; ps -L -o pid,lwp,stat,pcpu,time,wchan:30,comm -p ${place.pid}; node /tmp/stack.mjs ${place.pid}; ls -la ${place.directory}`).toString()); } catch (e) { console.log(e) } throw new Error('stuck') } return b;
  } finally {
    await reader.close();
  }
}

describe('a relay that is killed with -9', () => {
  test(`loses no acked write in ${KILLS} kills at random moments [ND] [CP] (seed ${crashSeed})`, async () => {
    const random = new SeededRandom(crashSeed).fork('relay');
    const place = new RelayUnderFire(await temporaryDirectory(), await freePort(random));
    await place.spawn().reported('listening');
    for (const name of WRITERS) await place.addWriter(name, random.fork(name));

    let amidWrites = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      place.letWrite(STEPS); const T=[performance.now()]; const t=()=>T.push(performance.now());
      await place.nextAck();t();
      await moment(random.int(AFTER_ACK_MS));
      await place.kill();t();
      if ((await place.unlinked()) > 0) amidWrites++;t();
      expect(await brokenOnDisk(place), `on disk after kill ${kill}`).toEqual([]);

      t();if (random.chance(0.3)) {
        place.spawn();
        await moment(random.int(STARTING_MS));
        await place.kill();
        expect(await brokenOnDisk(place), `after a kill while starting, ${kill}`).toEqual([]);
      }
      await place.spawn().reported('listening');t();
      expect(await brokenForFreshReader(place), `for a fresh reader, ${kill}`).toEqual([]);t();console.log(kill, place.acked.made, T.slice(1).map((x,i)=>Math.round(x-T[i])).join(' '));
    }
    await place.finish();
    expect(await brokenForFreshReader(place), 'for a fresh reader in the end').toEqual([]);
    await place.kill();
    expect(await brokenOnDisk(place), 'on disk in the end').toEqual([]);
    // A run in which the relay was idle whenever it died would have shown nothing.
    expect(amidWrites).toBeGreaterThanOrEqual(KILLS / 2);
    expect(place.acked.made).toBeGreaterThan(10 * KILLS);
    console.log({ amidWrites, count: place.acked.made });
  }, 120_000);
});
