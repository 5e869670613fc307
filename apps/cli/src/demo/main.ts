import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { interrupted } from '../command-line/interrupted.js';
import { AgentProcess } from './agent-process.js';
import { compareStores } from './compare-stores.js';
import { sampleTasks } from './sample.js';
import { ServerProcess } from './server-process.js';
import {
  cutOff,
  importTwice,
  killReviewer,
  MESH,
  openTeam,
  rejoin,
  type Stage,
  share,
  type Team,
} from './steps.js';
import { Story } from './story.js';

const USAGE = `Usage: npm start -- [--import beads FILE] [--port N] [--once]

  --import beads FILE  show it over this file instead of the sample
  --port N             the relay's port (default 7700; 0 picks a free one)
  --once               end after the demo, with exit code 1 if something did not hold`;

interface Options {
  readonly file: string;
  readonly port: number;
  readonly once: boolean;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    options: {
      import: { type: 'string' },
      port: { type: 'string', default: '7700' },
      once: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [file] = positionals;
  const imports = values.import !== undefined;
  const right = imports
    ? values.import === 'beads' && positionals.length === 1
    : positionals.length === 0;
  const port = Number(values.port);
  if (!right || !Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error('The call is not right.');
  return { file: file === undefined ? sampleTasks : resolve(file), port, once: values.once };
}

const INTERRUPTED = 130;

/** Resolves to the exit code. */
async function demo({ file, port, once }: Options): Promise<number> {
  const stopped = interrupted();
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-demo-'));
  const server = await ServerProcess.start(join(directory, 'server'), port);
  const story = new Story();
  try {
    console.log('Mnemesh: three agents, one memory, and a network that fails.');
    console.log(`Relay ${server.url} (pid ${server.pid}), everything in ${directory}`);
    console.log(`Watch it in the console: ${consoleOf(server.url)}`);
    const played = play({ story, relay: server.url, directory, file }).then(() => true);
    if (!(await Promise.race([played, stopped.then(() => false)]))) return INTERRUPTED;
    story.end();
    if (!once) {
      sayHowToJoin(server.url, directory);
      await Promise.race([stopped, server.ended]);
    }
    return story.failures === 0 ? 0 : 1;
  } finally {
    await AgentProcess.killAll();
    await server.close();
    if (story.failures === 0) await rm(directory, { recursive: true, force: true });
  }
}

async function play(stage: Stage): Promise<void> {
  let team: Team = await openTeam(stage);
  try {
    const before = await share(stage, team);
    const edits = await cutOff(stage, team);
    team = await killReviewer(stage, team);
    await rejoin(stage, team, edits, before);
    await importTwice(stage);
    await compareStores(stage, team, edits);
  } finally {
    await Promise.all(Object.values(team).map((agent) => agent.close()));
  }
}

/** Of the demo's mesh; the page asks for a name. */
function consoleOf(url: string): string {
  return `${url.replace(/^ws/, 'http')}/#mesh=${MESH}`;
}

function sayHowToJoin(url: string, directory: string): void {
  const join = `--mesh ${MESH} --agent you --relay ${url} --data ${directory}/you`;
  console.log('');
  console.log(`Open the console: ${consoleOf(url)}`);
  console.log('The relay keeps serving. Join from another terminal:');
  console.log(`  node apps/cli/bin/mnemesh.js status ${join}`);
  console.log(`  node apps/cli/bin/mnemesh.js task list --conflicted ${join}`);
  console.log(`  node apps/cli/bin/mnemesh.js recall "review" ${join}`);
  console.log('Ctrl-C ends it and removes its files.');
}

async function run(): Promise<number> {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  try {
    return await demo(options);
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

process.exit(await run());
