import { join } from 'node:path';
import { switchOffline } from '@mnemesh/open-mesh';
import type { Holding } from './agent-commands.js';
import { AgentProcess } from './agent-process.js';
import { conflictLines, fieldsOf, listedFields } from './conflict-text.js';
import { editsFor, type PlannedEdits } from './planned-edits.js';
import { sampleMemory } from './sample.js';
import type { Story } from './story.js';

/** How long replicas may take to agree. */
const AGREE_MS = 60_000;
/** Between two looks at whether they do. */
const LOOK_MS = 200;
/** Records that the reviewer has reported as saved when it is killed. */
const SAVED_BEFORE_KILL = 120;

export interface Stage {
  readonly story: Story;
  readonly relay: string;
  readonly directory: string;
  /** The beads file. */
  readonly file: string;
}

export interface Team {
  readonly planner: AgentProcess;
  readonly researcher: AgentProcess;
  readonly reviewer: AgentProcess;
}

export const MESH = 'demo';

export function openAgent(stage: Stage, agent: string, mesh = MESH): Promise<AgentProcess> {
  const data = join(stage.directory, mesh, agent);
  return AgentProcess.open({ mesh, agent, data, relay: stage.relay });
}

export async function openTeam(stage: Stage): Promise<Team> {
  const { story } = stage;
  story.step('Three agents start, each a process with a replica of its own');
  const [planner, researcher, reviewer] = await Promise.all([
    openAgent(stage, 'planner'),
    openAgent(stage, 'researcher'),
    openAgent(stage, 'reviewer'),
  ]);
  for (const { name, pid, place } of [planner, researcher, reviewer]) {
    story.say(`${name.padEnd(10)} pid ${pid}, store ${place.data}`);
  }
  return { planner, researcher, reviewer };
}

export async function share(stage: Stage, team: Team): Promise<Holding> {
  const { story, file } = stage;
  const { planner, researcher } = team;
  story.step('The planner imports tasks, the researcher adds what it knows');
  const began = performance.now();
  const report = await planner.ask('importBeads', { file });
  story.say(
    `planner saved ${report.created} tasks with ${report.dependencies} dependencies in ${since(began)}` +
      (report.dangling.length > 0
        ? `; ${report.dangling.length} lead to tasks nobody has, and are kept`
        : ''),
  );
  story.check(report.bad.length === 0, `${report.bad.length} bad records in the file`);
  const { saved } = await researcher.ask('remember', { file: sampleMemory });
  story.say(`researcher saved ${saved} memory items`);
  await sayAcked(story, planner);
  await sayAcked(story, researcher);
  const holding = await agree(stage, Object.values(team), 'all three replicas are synced');
  story.check(
    holding?.tasks === report.created,
    `each holds the ${report.created} tasks of the file`,
  );
  story.check(
    holding?.dependencies === report.dependencies,
    `and its ${report.dependencies} dependencies`,
  );
  return holding as Holding;
}

export async function cutOff(stage: Stage, team: Team): Promise<PlannedEdits> {
  const { story, file } = stage;
  const { planner, researcher } = team;
  story.step(
    'The researcher is cut off; it and the planner change the same fields of the same tasks',
  );
  const offline = await researcher.ask('setOffline', { offline: true });
  story.check(offline.offline, 'researcher is offline');
  const edits = editsFor(file);
  const alone = await researcher.ask('edit', { edits: edits.researcher });
  const meanwhile = await planner.ask('edit', { edits: edits.planner });
  story.say(`researcher saved ${alone.saved} edits on its own disk`);
  story.say(`planner saved ${meanwhile.saved} edits of the same fields`);
  const kept = await researcher.ask('holding', {});
  story.check(
    !kept.acked,
    `the researcher's are saved, not acked: ${kept.unacked} segments wait for a path`,
  );
  await sayAcked(story, planner);
  return edits;
}

export async function killReviewer(stage: Stage, team: Team): Promise<Team> {
  const { story } = stage;
  story.step('The reviewer is killed with -9 while it writes, and opened again');
  await team.reviewer.ask('writeOn', {});
  await team.reviewer.savedAtLeast(SAVED_BEFORE_KILL);
  await team.reviewer.kill();
  const saved = team.reviewer.saved;
  story.say(
    `killed pid ${team.reviewer.pid} after it had reported ${saved.length} records as saved`,
  );
  const reviewer = await openAgent(stage, 'reviewer');
  const { ids } = await reviewer.ask('missing', { ids: saved });
  story.check(
    ids.length === 0,
    `${saved.length - ids.length} of ${saved.length} saved records are there after reopening`,
  );
  await sayAcked(story, reviewer);
  const after = { ...team, reviewer };
  await agree(stage, [team.planner, reviewer], 'planner and reviewer are synced');
  return after;
}

export async function rejoin(
  stage: Stage,
  team: Team,
  edits: PlannedEdits,
  before: Holding,
): Promise<void> {
  const { story } = stage;
  story.step('The researcher is back; all converge, and the disagreements are listed');
  await team.researcher.ask('setOffline', { offline: false });
  await sayAcked(story, team.researcher);
  const holding = await agree(stage, Object.values(team), 'all three replicas are synced');
  story.check(
    holding?.tasks === before.tasks && holding?.dependencies === before.dependencies,
    `each holds ${holding?.tasks} tasks and ${holding?.dependencies} dependencies, as before`,
  );
  const conflicted = await team.reviewer.ask('conflicts', {});
  for (const line of conflictLines(conflicted)) story.say(line);
  const listed = listedFields(conflicted);
  const expected = edits.planner.flatMap(fieldsOf);
  story.check(
    expected.every((field) => listed.has(field)),
    `${conflicted.length} tasks, ${listed.size} fields: both values of all ${expected.length} fields written on both sides are there`,
  );
}

/** Two more replicas that import the same file with no path between them. */
export async function importTwice(stage: Stage): Promise<void> {
  const { story, file } = stage;
  story.step('Two replicas import the same file while offline, then meet');
  const mesh = 'demo-twice';
  const names = ['east', 'west'];
  await Promise.all(names.map((name) => switchOffline(join(stage.directory, mesh, name), true)));
  const agents = await Promise.all(names.map((name) => openAgent(stage, name, mesh)));
  try {
    const reports = await Promise.all(agents.map((agent) => agent.ask('importBeads', { file })));
    for (const agent of agents) {
      const { offline, acked, tasks } = await agent.ask('holding', {});
      const holds = offline && !acked;
      story.check(holds, `${agent.name} saved ${tasks} tasks; it is offline, and nothing is acked`);
    }
    for (const agent of agents) await agent.ask('setOffline', { offline: false });
    const holding = await agree(stage, agents, 'both replicas are synced');
    const created = reports[0]?.created;
    story.check(holding?.tasks === created, `and hold ${holding?.tasks} tasks, not twice as many`);
    story.check(
      holding?.conflicted === 0,
      `${holding?.conflicted} of them in conflict: both wrote the same`,
    );
  } finally {
    await Promise.all(agents.map((agent) => agent.close()));
  }
}

/** Waits until the agents are synced and hold the same; says so. */
async function agree(
  { story }: Stage,
  agents: readonly AgentProcess[],
  text: string,
): Promise<Holding | undefined> {
  const began = performance.now();
  for (;;) {
    const holdings = await Promise.all(
      agents.map((agent) => agent.ask('settled', { ms: AGREE_MS })),
    );
    const [first] = holdings;
    const equal = holdings.every(({ synced, digest }) => synced && digest === first?.digest);
    if (equal || performance.now() - began > AGREE_MS) {
      story.check(
        equal,
        `${text}: ${holdings.map(({ digest }) => digest).join(', ')}, ${since(began)}`,
      );
      return first;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function sayAcked(story: Story, agent: AgentProcess): Promise<void> {
  const began = performance.now();
  const { acked } = await agent.ask('acked', { ms: AGREE_MS });
  story.check(acked, `${agent.name}: everything saved is acked by the relay, ${since(began)}`);
}

function since(began: number): string {
  return `${Math.round(performance.now() - began)} ms`;
}
