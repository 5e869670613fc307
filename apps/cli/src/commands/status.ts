import type { Mesh, MeshStatus } from '@mnemesh/core';
import { type Explanation, settingNames } from '@mnemesh/open-mesh';
import type { Call, Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { withMesh } from '../command-line/open-call.js';
import type { Terminal } from '../command-line/terminal.js';
import { agentText } from './record-text.js';

export const statusCommand: Command = {
  words: ['status'],
  summary: 'Shows what this device holds and how far it is in sync',
  details: '--explain shows each setting and where it comes from, and opens nothing.',
  arguments: [],
  flags: [{ name: 'explain', help: 'show each setting and where it comes from' }],
  examples: ['mnemesh status', 'mnemesh status --explain'],
  run: async (call) => (call.isSet('explain') ? explain(call) : report(call)),
};

function explain({ terminal, explanation }: Call): 0 {
  if (terminal.json) {
    terminal.printJson({ settings: explanation });
    return exitCodes.ok;
  }
  terminal.printAll(explanationLines(terminal, explanation));
  return exitCodes.ok;
}

function explanationLines(terminal: Terminal, explanation: Explanation): readonly string[] {
  return settingNames.map((name) => {
    const { value, from } = explanation[name];
    return `${name.padEnd(14)} ${value ?? '(none)'}  ${terminal.paint('dim', `from ${from}`)}`;
  });
}

function report(call: Call): Promise<0> {
  return withMesh(call, async ({ mesh, catchUp }) => {
    await catchUp();
    const counts = {
      tasks: await mesh.tasks.count({ archived: 'any' }),
      memory: await mesh.memory.count({ archived: 'any' }),
      conflicted:
        (await mesh.tasks.count({ conflicted: true })) +
        (await mesh.memory.count({ conflicted: true })),
    };
    if (call.terminal.json)
      call.terminal.printJson({ agent: mesh.agent, ...mesh.status, records: counts });
    else call.terminal.printAll(statusLines(call.terminal, mesh, counts));
    return exitCodes.ok;
  });
}

function statusLines(
  terminal: Terminal,
  mesh: Mesh,
  counts: { readonly tasks: number; readonly memory: number; readonly conflicted: number },
): readonly string[] {
  const { status, agent } = mesh;
  const names = new Map([[agent.id, agent.name]]);
  const lines = [
    `mesh     ${status.mesh}`,
    `agent    ${agentText(names, agent.id)}`,
    `replica  ${status.replica}`,
    `records  ${counts.tasks} tasks, ${counts.memory} memory items, ${counts.conflicted} with conflicts`,
    `segments ${status.segments.known} known, ${status.segments.loaded} loaded`,
    `sync     ${syncText(terminal, status)}`,
  ];
  for (const { kind, address, state } of status.transports)
    lines.push(`${kind.padEnd(8)} ${address}: ${state}`);
  if (status.offline) lines.push('offline  switched offline (mnemesh offline off)');
  for (const { namespace, segment, reason } of status.rejected) {
    lines.push(
      terminal.paint(
        'red',
        `rejected ${namespace} ${segment}: ${reason}; its records stay on this device`,
      ),
    );
  }
  if (status.damaged > 0)
    lines.push(
      terminal.paint('red', `damaged  ${status.damaged} segments; the gap is fetched from a peer`),
    );
  if (status.unverified > 0)
    lines.push(
      terminal.paint(
        'yellow',
        `unsigned ${status.unverified} elements failed verification and are not shown`,
      ),
    );
  if (status.storeError !== undefined)
    lines.push(terminal.paint('red', `store    ${status.storeError}`));
  return lines;
}

function syncText(terminal: Terminal, status: MeshStatus): string {
  if (status.synced) return terminal.paint('green', 'synced');
  if (status.transports.length === 0) return 'saved on this device; no relay is set';
  const open = [
    status.unsaved > 0 ? `${status.unsaved} writes unsaved` : '',
    status.unacked > 0 ? `${status.unacked} segments not acked` : '',
    status.awaited > 0 ? `${status.awaited} segments not fetched` : '',
  ].filter((text) => text !== '');
  return terminal.paint('yellow', open.join(', ') || 'saved here; no link');
}
