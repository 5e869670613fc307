import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { holderLimits } from '@mnemesh/holder';
import { type ErrorCode, MnemeshError, type Runtime } from '@mnemesh/protocol';
import * as v from 'valibot';
import { type HolderSettings, holderFile } from './shared-replica.js';

const news = v.variant('state', [
  v.object({ state: v.literal('holding') }),
  v.object({
    state: v.literal('failed'),
    code: v.string(),
    message: v.string(),
    retryable: v.boolean(),
  }),
]);

/** What a started holder says of itself, once. */
export type HolderNews = v.InferOutput<typeof news>;

/**
 * Starts a process that holds the replica and outlives this one. Done when it does, or when somebody
 * else starts one at this moment; the lock of the store decides between two.
 * @throws MnemeshError `store_in_use` when another process has it; what opening throws
 */
export async function startHolder(
  settings: HolderSettings & { readonly idleMs?: number },
  runtime: Runtime,
): Promise<void> {
  const mark = holderFile(settings.data, settings.mesh, 'starting');
  if (!takeMark(mark, runtime.now())) return;
  try {
    const told = await newsOf(startProcess(settings), runtime);
    if (told.state === 'holding') return;
    const { code, message, retryable } = told;
    throw new MnemeshError(code as ErrorCode, message, { retryable });
  } finally {
    rmSync(mark, { force: true });
  }
}

/** One start at a time spares the machine many; a mark of somebody who died in it is soon too old to count. */
function takeMark(mark: string, now: number): boolean {
  mkdirSync(dirname(mark), { recursive: true, mode: 0o700 });
  try {
    if (now - statSync(mark).mtimeMs < holderLimits.startAgainMs) return false;
    rmSync(mark, { force: true });
  } catch {
    // There is none.
  }
  try {
    writeFileSync(mark, `${process.pid}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

function startProcess(settings: HolderSettings & { readonly idleMs?: number }): ChildProcess {
  const { mesh, data, relay, webrtc, embedding, idleMs } = settings;
  const script = fileURLToPath(new URL('../dist/holder-process.js', import.meta.url));
  // What a crash prints follows what the log tells.
  const log = openSync(holderFile(data, mesh, 'log'), 'a', 0o600);
  try {
    const child = spawn(process.execPath, [script], {
      detached: true,
      cwd: data,
      stdio: ['ignore', log, log, 'ipc'],
      windowsHide: true,
    });
    // Not as an argument: others on this machine can read those, and the peers' secret may be in it.
    child.send({ mesh, data, relay, webrtc, embedding, idleMs }, () => undefined);
    return child;
  } finally {
    closeSync(log);
  }
}

function newsOf(child: ChildProcess, runtime: Runtime): Promise<HolderNews> {
  return new Promise((resolve) => {
    const failed = (message: string): HolderNews => ({
      state: 'failed',
      code: 'store_failed',
      message: `The process that should hold the replica ${message}. Look at the log in the data directory, under hold.`,
      retryable: true,
    });
    const cancel = runtime.after(holderLimits.joinMs, () => {
      settle(failed(`said nothing for ${holderLimits.joinMs} ms`));
    });
    const settle = (told: HolderNews): void => {
      cancel();
      child.removeAllListeners();
      child.on('error', () => undefined);
      if (child.connected) child.disconnect();
      child.unref();
      resolve(told);
    };
    child.once('message', (message) => {
      const parsed = v.safeParse(news, message);
      settle(parsed.success ? parsed.output : failed('said what nobody understands'));
    });
    child.once('error', (error) => settle(failed(`cannot be started: ${error.message}`)));
    child.once('exit', (code) => settle(failed(`ended with ${code}`)));
  });
}
