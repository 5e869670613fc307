// Fills a mesh with the memory, tasks and conversations of a made-up team, through agents as anybody opens them.
//   node apps/console/scripts/seed.mjs --mesh harbour --relay ws://127.0.0.1:7700 [--stay]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { openMesh } from '@mnemesh/open-mesh';
import { conversations } from '../sample/conversations.mjs';
import { apart, items } from '../sample/memory.mjs';
import { comments, results, tasks } from '../sample/tasks.mjs';

const TEAM = ['planner', 'researcher', 'builder', 'reviewer'];
const DAY_MS = 86_400_000;
/** Days of the sample; the last one is today. */
const DAYS = 6;
/** How long the replicas of a sitting may take to hold the same. */
const AGREE_MS = 30_000;

const realNow = Date.now;

/** The sample's clock: what happens in it took place on these days. A replica is never open while it is set back. */
class Calendar {
  #shiftMs = 0;

  begin(day, hour) {
    const start = new Date(realNow());
    start.setUTCHours(hour, 5, 0, 0);
    const wanted = start.getTime() - (DAYS - 1 - day) * DAY_MS;
    // Today's sittings are over by now.
    this.#shiftMs = Math.min(wanted, realNow() - (23 - hour) * 60_000) - realNow();
    Date.now = () => realNow() + this.#shiftMs;
  }

  /** Time goes by between two writes: little enough for links to stay open. */
  pass(ms = 7_000) {
    this.#shiftMs = Math.min(0, this.#shiftMs + ms);
  }

  isoNow() {
    return new Date(Date.now()).toISOString();
  }

  end() {
    Date.now = realNow;
  }
}

/** @returns the open meshes of the team, by name; close them */
async function openTeam({ mesh, relay, data }) {
  const open = async (agent) => [
    agent,
    await openMesh({ mesh, agent, relay, data: join(data, agent), holder: 'none', webrtc: 'none' }),
  ];
  return Object.fromEntries(await Promise.all(TEAM.map(open)));
}

async function agree(team) {
  const until = realNow() + AGREE_MS;
  for (;;) {
    const counts = await Promise.all(
      Object.values(team).map(async (mesh) => [
        mesh.status.synced,
        await mesh.memory.count({ archived: 'any' }),
        await mesh.tasks.count({ archived: 'any' }),
      ]),
    );
    if (counts.every((one) => one[0] && String(one) === String(counts[0]))) break;
    if (realNow() > until) throw new Error('The replicas of the sample did not come to agree.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Everybody reads what is there, or what they write next would contradict it.
  for (const mesh of Object.values(team)) {
    await mesh.memory.list({ limit: 1000 });
    await mesh.tasks.list({ limit: 1000 });
  }
}

class Sample {
  #calendar = new Calendar();
  #items = new Map();
  #tasks = new Map();
  #given;
  #lastAuthor;

  constructor(given) {
    this.#given = given;
  }

  async write() {
    for (let day = 0; day < DAYS; day += 1) {
      await this.#sitting(day, 8, (team) => this.#morning(team, day));
      await this.#sitting(day, 14, (team) => this.#afternoon(team, day));
    }
    this.#calendar.end();
    const team = await openTeam(this.#given);
    await agree(team);
    await this.#today(team);
    return team;
  }

  async #sitting(day, hour, work) {
    this.#calendar.begin(day, hour);
    const team = await openTeam(this.#given);
    await agree(team);
    await work(team);
    await Promise.all(Object.values(team).map((mesh) => mesh.acked()));
    await Promise.all(Object.values(team).map((mesh) => mesh.close()));
  }

  /** Tasks are planned, and what others did yesterday is replaced by what is known now. */
  async #morning(team, day) {
    for (const one of tasks.filter(([, at]) => at === day)) await this.#addTask(team, one);
    for (const item of items.filter(([at, , , , , , more]) => at === day && more.over))
      await this.#remember(team, item);
  }

  async #afternoon(team, day) {
    for (const item of items.filter(([at, , , , , , more]) => at === day && !more.over))
      await this.#remember(team, item);
    // Yesterday's plans; on the last day that day's, too.
    const due = (at) => at === day - 1 || (at === day && day === DAYS - 1);
    for (const one of tasks.filter(([, at, , , , , , how]) => how && due(at)))
      await this.#work(team, one);
    for (const one of conversations.filter(([at]) => at === day)) await this.#converse(team, one);
  }

  async #remember(team, [, who, kind, topic, tags, content, more]) {
    this.#calendar.pass();
    if (this.#lastAuthor !== who) await agree(team);
    this.#lastAuthor = who;
    const { id } = await team[who].memory.create({
      content,
      kind,
      topic,
      tags,
      ...(more.pinned ? { pinned: true } : {}),
      ...(more.over ? { supersedes: [this.#items.get(more.over)] } : {}),
      ...(more.from ? { sources: more.from.map((key) => this.#items.get(key)) } : {}),
    });
    if (more.key) this.#items.set(more.key, id);
  }

  async #addTask(team, [key, , who, priority, tags, title, waitsFor, , description]) {
    this.#calendar.pass(4_000);
    const task = await team[who].tasks.create({
      title,
      priority,
      tags,
      ...(description ? { description } : {}),
      dependencies: waitsFor.flatMap((on) =>
        this.#tasks.has(on) ? [{ type: 'blocks', on: this.#tasks.get(on) }] : [],
      ),
    });
    this.#tasks.set(key, task.id);
  }

  async #work(team, [key, , , , , , , [who, state]]) {
    this.#calendar.pass();
    const id = this.#tasks.get(key);
    const { tasks: own } = team[who];
    for (const mesh of Object.values(team)) await mesh.tasks.get(id);
    if (state === 'working') return;
    if (state === 'rejected' || state === 'canceled') {
      await own.update(id, { status: state }, 'Not now.');
      return;
    }
    await own.claim(id, { ttlMs: 3_600_000 }).then(undefined, () => undefined);
    this.#calendar.pass();
    if (state === 'completed') await own.complete(id, results[key]);
    else if (state === 'failed') await own.fail(id, 'The disk is too small for the side table.');
    else await own.update(id, { status: state });
  }

  async #converse(team, [, who, title, participants, turns]) {
    const { conversations: own } = team[who];
    const { id } = await own.create({ title, participants, kind: 'session' });
    for (const turn of turns) {
      this.#calendar.pass(11_000);
      await own.append(id, eventsOf(turn, this.#calendar.isoNow()));
    }
  }

  /** What goes on now: claims that hold, comments, and what was written apart. */
  async #today(team) {
    for (const [key, , , , , , , how] of tasks) {
      const id = this.#tasks.get(key);
      if (how?.[1] === 'working')
        await team[how[0]].tasks.claim(id, { ttlMs: 40 * 60_000 }).then(undefined, (error) => {
          if (error.code !== 'blocked') throw error;
        });
    }
    for (const [key, who, text] of comments)
      await team[who].tasks.comment(this.#tasks.get(key), text);
    await agree(team);
    const cut = [team.builder, team.researcher];
    for (const mesh of cut) mesh.setOffline(true);
    for (const [who, kind, topic, tags, content] of apart)
      await team[who].memory.create({ content, kind, topic, tags });
    const contested = this.#tasks.get('map-tiles');
    await team.builder.tasks.update(contested, { priority: 1 }, 'The pilot needs it.');
    await team.researcher.tasks.update(
      contested,
      { priority: 3 },
      'The list is enough for the pilot.',
    );
    for (const mesh of cut) mesh.setOffline(false);
    const doing = {
      planner: 'writes the release notes',
      researcher: 'reads the tide gauge',
      builder: 'works on delays',
      reviewer: 'watches the search',
    };
    for (const [who, status] of Object.entries(doing)) {
      await team[who].sessions.begin({ title: status });
      await team[who].presence.set({ status });
    }
    await agree(team);
  }
}

function eventsOf([role, speaker, text, spent], at) {
  if (role === 'tool') {
    const [tool, args, result] = [speaker, text, spent];
    return [
      { kind: 'tool_call', role: 'assistant', tool, args, at },
      { kind: 'tool_result', role: 'tool', tool, result, at },
    ];
  }
  const [model, tokensIn, tokensOut, cost] = spent ?? [];
  return [{ role, speaker, text, at, ...(model ? { model, tokensIn, tokensOut, cost } : {}) }];
}

/**
 * @param given `{ mesh, relay, data }`: where each agent keeps its replica
 * @returns the team's open meshes, by name; close them
 */
export async function seed(given) {
  return new Sample(given).write();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      mesh: { type: 'string', default: 'harbour' },
      relay: { type: 'string', default: 'ws://127.0.0.1:7700' },
      stay: { type: 'boolean', default: false },
    },
  });
  const data = await mkdtemp(join(tmpdir(), 'mnemesh-sample-'));
  const team = await seed({ mesh: values.mesh, relay: values.relay, data });
  console.log(`The mesh ${values.mesh} has its sample: ${Object.keys(team).join(', ')}.`);
  if (values.stay) {
    console.log('The agents stay until Ctrl-C.');
    await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  }
  await Promise.all(Object.values(team).map((mesh) => mesh.close()));
  await rm(data, { recursive: true, force: true });
}
