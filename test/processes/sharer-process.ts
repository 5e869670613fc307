import type { Mesh } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import type { RecordId } from '@mnemesh/protocol';
import type { SharerPlace } from './messages.js';
import { fail, follow, given, report } from './parent.js';

const { data, agent, holder, webrtc = 'none' } = given<SharerPlace>();

async function burst(mesh: Mesh, items: number): Promise<void> {
  const creates = Array.from({ length: items }, async (_, n) => {
    const content = `${agent} ${n}`;
    await mesh.memory.create({ content });
    report({ kind: 'wrote', content });
  });
  await Promise.all([...creates, turns(mesh, items / 4)]);
}

async function turns(mesh: Mesh, count: number): Promise<void> {
  const task = await ownTask(mesh);
  for (let turn = 1; turn <= count; turn++) {
    await mesh.tasks.update(task, { notes: `turn ${turn}` });
    report({ kind: 'wrote', content: `${agent} turn ${turn}` });
  }
}

async function ownTask(mesh: Mesh): Promise<RecordId> {
  const [own] = (await mesh.tasks.list({ limit: 1_000 })).filter(({ title }) => title === agent);
  return (own ?? (await mesh.tasks.create({ title: agent }))).id;
}

async function look(mesh: Mesh): Promise<void> {
  const items = await mesh.memory.list({ limit: 10_000 });
  const task = await mesh.tasks.get(await ownTask(mesh));
  report({
    kind: 'sees',
    contents: items.map(({ content }) => content).sort(),
    turn: task?.notes,
    conflicts: task?.conflicts.length ?? 0,
  });
}

async function main(): Promise<void> {
  const mesh = await openMesh({ mesh: 'team', agent, data, relay: 'none', holder, webrtc });
  report({ kind: 'opened', synchronous: [] });
  follow(async (order) => {
    switch (order.kind) {
      case 'burst':
        await burst(mesh, order.items);
        return report({ kind: 'burst' });
      case 'look':
        return look(mesh);
      case 'close':
        await mesh.close();
        process.disconnect();
    }
  });
}

main().catch(fail);
