import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runReplicaScale } from './run-replica-scale.js';
import { type Spread, spreads } from './shape.js';
import { replicaScaleTable } from './table.js';

/** `node bench/dist/replica-scale/main.js --sizes 1000,10000 --repeat 5` */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    repeat: { type: 'string', default: '5' },
    conversations: { type: 'string', default: '100' },
    spread: { type: 'string', default: 'topics' },
    writes: { type: 'string', default: '200' },
    'offline-writes': { type: 'string', default: '10000' },
    cache: { type: 'string', default: join(tmpdir(), 'mnemesh-bench', 'replica-scale') },
    json: { type: 'string' },
    profile: { type: 'string' },
  },
});

const spread = spreads.find((one) => one === values.spread);
if (spread === undefined) throw new Error(`--spread is one of ${spreads.join(', ')}`);

const result = await runReplicaScale({
  cache: values.cache,
  series: values.conversations.split(',').map((conversations) => ({
    shape: { conversations: Number(conversations), spread: spread satisfies Spread },
    sizes: values.sizes.split(',').filter(Boolean).map(Number),
  })),
  repeat: Number(values.repeat),
  writes: Number(values.writes),
  offlineWrites: Number(values['offline-writes']),
  log: (line) => console.error(line),
  ...(values.profile === undefined ? {} : { flags: profileInto(values.profile) }),
});
console.log(replicaScaleTable(result));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);

function profileInto(directory: string): readonly string[] {
  mkdirSync(directory, { recursive: true });
  return ['--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=200'];
}
