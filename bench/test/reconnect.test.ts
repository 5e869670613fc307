import { describe, expect, it } from 'vitest';
import { until } from '../src/load/waiting.js';
import { reconnectSteps } from '../src/scenarios/reconnect-load.js';
import { worldWithRelay } from './world-with-relay.js';

const CLIENTS = 3;
const DEADLINE_MS = 30_000;

describe('what the return of replicas took', () => {
  it('counts who was back before anybody looked, and what passes after all are up to date', async () => {
    const { world, restarted } = await worldWithRelay('s8');
    const steps = reconnectSteps(world);
    await steps.prepare({ clients: CLIENTS, documents: 2, deadlineMs: DEADLINE_MS });
    const witness = await world.online('reconnect-1');
    await restarted(async () => steps.change(1));
    await until([witness.document], ({ size }) => size === 2, DEADLINE_MS);

    const { complete } = await steps.comeBack(DEADLINE_MS);
    const then = await steps.returned();
    expect(complete).toBe(true);
    expect(then.openedMs).toHaveLength(CLIENTS);
    expect(then.openedMs[0]).toBe(0);

    witness.document.addAll([{ id: 'late', text: JSON.stringify({ id: 'late' }) }]);
    await until(
      [(await world.online('reconnect-1')).document],
      ({ size }) => size === 3,
      DEADLINE_MS,
    );
    expect((await steps.returned()).bytes).toBeGreaterThan(then.bytes);
  });

  it('waits for every document that changed', async () => {
    const { world, restarted } = await worldWithRelay('s8');
    const steps = reconnectSteps(world);
    await steps.prepare({ clients: CLIENTS, documents: 2, deadlineMs: DEADLINE_MS });
    await restarted(async () => steps.change(2));
    const { complete } = await steps.comeBack(DEADLINE_MS);

    expect(complete).toBe(true);
    const { document } = await world.online('reconnect-0');
    expect(document.size).toBe(2);
  });
});
