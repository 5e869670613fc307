import { expect, test, vi } from 'vitest';
import { type Place, run, runOn, startRelay } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

/** Longer than a test may take: whoever waits it out fails. */
const FOR_LONG = ['--wait', '600'];

/** Two devices that find each other by the signaling of a server, and sync with no relay. The other stays open. */
async function peers(): Promise<{ readonly here: Place; readonly there: Place }> {
  const { url } = await startRelay({ cwd: await temporaryPlace() });
  const device = async (agent: string): Promise<Place> => ({
    cwd: await temporaryPlace(),
    env: { MNEMESH_AGENT: agent, MNEMESH_MESH: 'atlas' },
  });
  const here = await device('planner');
  const there = await device('reviewer');
  const invited = await run(here, ['invite', '--signaling', `${url}/signal`, '--json']);
  await run(there, ['join', invited.json<{ code: string }>().code]);
  await runOn(there, ['hold', '--idle', '0', '--json']).nextLine();
  return { here, there };
}

test('a write with peers alone tells that they are linked and no relay acks, and has reached them', async () => {
  const { here, there } = await peers();
  const { code, err } = await run(here, ['remember', 'The tide turns at noon', ...FOR_LONG]);
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringContaining('saved here (peers are linked, and no relay acks)'),
  });
  expect((await run(there, ['recall', 'tide'])).out).toContain('The tide turns at noon');
});

test('--acked with peers alone fails with 5 for want of a relay, without waiting for it', async () => {
  const { here } = await peers();
  const { code, err } = await run(here, ['remember', 'high water', '--acked', ...FOR_LONG]);
  expect(code).toBe(5);
  expect(err).toContain('Saved on this device, but not acked: no relay is set');
});

test('a write with peers and a relay that is away names the relay that is not reached', async () => {
  const { here } = await peers();
  const away = ['--relay', 'ws://127.0.0.1:9'];
  await runOn(here, ['hold', '--idle', '0', '--json', ...away]).nextLine();
  await expect
    .poll(async () => (await run(here, ['status', ...away, '--wait', '0'])).out, {
      timeout: 40_000,
    })
    .toMatch(/peers by \S+: connected/);
  const { code, err } = await run(here, ['remember', 'low water', ...away, '--wait', '0']);
  expect(code).toBe(0);
  expect(err).toContain('peers are linked, but ws://127.0.0.1:9 is not reached; sent when it is');
});
