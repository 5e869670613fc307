// Fails unless the workspace has exactly one copy of Yjs and of the libraries it shares types with.
// Two copies in one process break constructor checks and corrupt documents.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const names = ['yjs', 'lib0', 'y-protocols'];
const problems = [];

const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
const installed = lock.slice(lock.indexOf('\nsnapshots:'));
const members = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => join(folder, name)),
);

for (const name of names) {
  // Snapshot keys look like `  yjs@13.6.33:` or `  y-protocols@1.0.7(yjs@13.6.33):`.
  const copies = [...installed.matchAll(new RegExp(`^ {2}${name}@(.+?):`, 'gm'))].map((m) => m[1]);
  if (copies.length !== 1) {
    problems.push(`pnpm-lock.yaml has ${copies.length} copies of ${name}: ${copies.join(', ')}`);
  }
  const homes = new Map();
  for (const member of [...members, 'test', 'bench']) {
    const link = join(root, member, 'node_modules', name);
    if (existsSync(link)) homes.set(realpathSync(link), member);
  }
  if (homes.size !== 1) {
    const list = [...homes].map(([home, member]) => `\n  ${member}: ${home}`).join('');
    problems.push(`${name} is installed at ${homes.size} places:${list}`);
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`One copy each of ${names.join(', ')}.`);
