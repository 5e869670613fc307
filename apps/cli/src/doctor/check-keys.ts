import { readdir, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Finding } from './finding.js';

/** Whoever can read a key can write as its agent. */
export async function checkKeys(data: string): Promise<readonly Finding[]> {
  const directory = join(data, 'keys');
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.json'));
  if (names.length === 0) {
    return [
      { check: 'keys', state: 'note', text: `none yet in ${directory}; one is made on first use` },
    ];
  }
  const problems: Finding[] = [];
  for (const path of [directory, ...names.map((name) => join(directory, name))]) {
    const problem = (await accessProblem(path)) ?? (await contentProblem(path));
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) return problems;
  const agents = names.map((name) => name.replace(/\.json$/, '')).join(', ');
  return [{ check: 'keys', state: 'ok', text: `of ${agents}; only you can read them` }];
}

async function accessProblem(path: string): Promise<Finding | undefined> {
  // Windows has access lists instead, which a home directory closes to others.
  if (process.platform === 'win32') return undefined;
  const { mode, uid } = await stat(path);
  if (uid !== userInfo().uid) {
    return {
      check: 'keys',
      state: 'bad',
      text: `${path} is another user's`,
      advice: `chown it to yourself, or make a new key under another agent's name`,
    };
  }
  if ((mode & 0o077) === 0) return undefined;
  const right = path.endsWith('.json') ? '600' : '700';
  return {
    check: 'keys',
    state: 'bad',
    text: `${path} is open to others`,
    advice: `chmod ${right} ${path}`,
  };
}

async function contentProblem(path: string): Promise<Finding | undefined> {
  if (!path.endsWith('.json')) return undefined;
  try {
    const { seed } = JSON.parse(await readFile(path, 'utf8')) as { readonly seed?: unknown };
    if (typeof seed === 'string' && /^[0-9a-f]{64}$/.test(seed)) return undefined;
  } catch {
    // Said below.
  }
  return {
    check: 'keys',
    state: 'bad',
    text: `${path} is no key file`,
    advice: 'restore it from a backup, or move it away: the agent then gets a new key',
  };
}
