import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MnemeshError } from '@mnemesh/protocol';
import * as v from 'valibot';

/** A file that is to be written: what is in it, undefined where it is not there, and what shall be. */
export interface FileChange {
  readonly path: string;
  readonly before: string | undefined;
  /** Undefined: the file is taken away. */
  readonly after: string | undefined;
}

/** What was there without us, and what we wrote, kept for `--undo`. */
const keptSchema = v.object({
  path: v.string(),
  before: v.nullable(v.string()),
  after: v.string(),
});
export type KeptFile = v.InferOutput<typeof keptSchema>;

/** @throws MnemeshError `store_failed` for a file that is there and cannot be read */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new MnemeshError('store_failed', `${path} cannot be read: ${message}.`);
  }
}

/** Writes the file whole or not at all, where a link leads to it too; its mode stays. @throws MnemeshError `store_failed` */
export async function writeChange({ path, after }: FileChange): Promise<void> {
  try {
    if (after === undefined) {
      await rm(path, { force: true });
      return;
    }
    await mkdir(dirname(path), { recursive: true });
    const target = await realpath(path).catch(() => path);
    const mode = await stat(target).then(
      (found) => found.mode & 0o777,
      () => undefined,
    );
    await writeWhole(target, after, mode);
  } catch (error) {
    throw notWritten(path, error);
  }
}

function notWritten(path: string, error: unknown): MnemeshError {
  const { message } = error as Error;
  return new MnemeshError('store_failed', `${path} cannot be written: ${message}.`);
}

/** @param mode whatever the umask says; undefined leaves it to that */
async function writeWhole(target: string, text: string, mode: number | undefined): Promise<void> {
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, text, { mode: mode ?? 0o644 });
    if (mode !== undefined) await chmod(draft, mode);
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Keeps what `--undo` gives back as long as nobody else writes to the file. A client's config may hold
 * secrets, so nobody else may read the copy, whatever the file's own mode.
 * @throws MnemeshError `store_failed`
 */
export async function keep(
  data: string,
  { path, after = '' }: FileChange,
  restored: string | undefined,
): Promise<void> {
  const kept: KeptFile = { path, before: restored ?? null, after };
  const target = keptPath(data, path);
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await chmod(dirname(target), 0o700);
    await writeWhole(target, `${JSON.stringify(kept)}\n`, 0o600);
  } catch (error) {
    throw notWritten(target, error);
  }
}

export async function keptOf(data: string, path: string): Promise<KeptFile | undefined> {
  const text = await readIfThere(keptPath(data, path));
  if (text === undefined) return undefined;
  try {
    return v.parse(keptSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function dropKept(data: string, path: string): Promise<void> {
  await rm(keptPath(data, path), { force: true });
}

function keptPath(data: string, path: string): string {
  return join(
    data,
    'setup',
    `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`,
  );
}
