import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { MemoryInput, Mesh } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import { MnemeshError, parseRecordId } from '@mnemesh/protocol';
import { importBeads } from '../beads/import-beads.js';
import { statusWithin } from '../command-line/open-call.js';
import { everyRecord } from '../commands/export.js';
import type {
  AgentCommands,
  AgentMessage,
  AgentRequest,
  CommandName,
  Conflicted,
} from './agent-commands.js';
import { holdingOf, progressOf } from './holding.js';

/** Memory items written at the same time while an agent writes on. */
const BURST = 5;

type Handlers = {
  readonly [Name in CommandName]: (
    input: AgentCommands[Name]['input'],
  ) => Promise<AgentCommands[Name]['output']>;
};

let opened: Mesh | undefined;

function mesh(): Mesh {
  if (opened === undefined) throw new MnemeshError('closed', 'The agent has not opened its mesh.');
  return opened;
}

const handlers: Handlers = {
  open: async (place) => {
    opened = await openMesh(place);
    return { replica: opened.replica };
  },
  importBeads: ({ file }) => importBeads(mesh().tasks, linesOf(file)),
  remember: async ({ file }) => {
    const writes = [];
    for await (const line of linesOf(file)) {
      writes.push(mesh().memory.create(JSON.parse(line) as MemoryInput).saved);
    }
    return { saved: (await Promise.all(writes)).length };
  },
  edit: async ({ edits }) => {
    const saved = edits.map(async ({ ref, patch }) => {
      const task = await mesh().tasks.getByRef(ref);
      if (task === undefined) throw new MnemeshError('not_found', `There is no task ${ref}.`);
      await mesh().tasks.update(task.id, patch);
    });
    return { saved: (await Promise.all(saved)).length };
  },
  writeOn: async () => {
    writeOn().catch(fail);
    return {};
  },
  missing: async ({ ids }) => {
    const found = await Promise.all(ids.map((id) => mesh().memory.get(parseRecordId(id))));
    return { ids: ids.filter((_, i) => found[i] === undefined) };
  },
  setOffline: async ({ offline }) => {
    mesh().setOffline(offline);
    return progressOf(mesh());
  },
  acked: async ({ ms }) => {
    await statusWithin(mesh(), ({ unsaved, unacked }) => unsaved + unacked === 0, ms);
    return progressOf(mesh());
  },
  settled: async ({ ms }) => {
    await statusWithin(mesh(), ({ synced }) => synced, ms);
    return holdingOf(mesh());
  },
  holding: () => holdingOf(mesh()),
  conflicts: () => conflicted(mesh()),
  close: async () => {
    await opened?.close();
    return {};
  },
};

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
}

async function writeOn(): Promise<never> {
  for (let turn = 0; ; turn++) {
    const burst = Array.from({ length: BURST }, async (_, i) => {
      const content = `Reviewed change ${turn * BURST + i}: no objection.`;
      const item = await mesh().memory.create({ content, topic: 'review' });
      tell({ saved: item.id });
    });
    await Promise.all(burst);
  }
}

async function conflicted(from: Mesh): Promise<readonly Conflicted[]> {
  const names = new Map((await from.agents()).map(({ id, name }) => [id, name]));
  const tasks = (await everyRecord(from.tasks)).filter(({ conflicts }) => conflicts.length > 0);
  return tasks.map(({ id, ref, conflicts }) => ({
    ref: ref ?? id,
    conflicts: conflicts.map((conflict) => {
      const values = [conflict.chosen, ...conflict.others];
      const writers = values.map(({ agent }) => [agent, names.get(agent) ?? agent.slice(0, 8)]);
      return { ...conflict, writers: Object.fromEntries(writers) as Record<string, string> };
    }),
  }));
}

function tell(message: AgentMessage): void {
  if (process.connected) process.send?.(message);
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

process.on('disconnect', () => process.exit());
process.on('message', ({ id, command, input }: AgentRequest) => {
  handlers[command](input as never).then(
    (output) => tell({ id, output }),
    (error: Error) => tell({ id, error: error.message }),
  );
});
