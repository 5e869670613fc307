import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What commands read. */
const FILES: Readonly<Record<string, string>> = {
  'issues.jsonl': '{"id":"tm-1","title":"Show the tide","status":"open","priority":2}\n',
  'rules.md': 'Be kind.\n',
  'more.md': 'And brief.\n',
  'notes/tide.md': '# Tide\n\nThe tide turns at noon.\n',
  'graph.jsonl': '{"type":"entity","name":"Ada","entityType":"person","observations":["swims"]}\n',
  'talk.json': JSON.stringify([
    {
      sample_id: 'talk-1',
      conversation: {
        speaker_a: 'Ines',
        speaker_b: 'Tomas',
        session_1_date_time: '9:05 pm on 3 March, 2024',
        session_1: [{ speaker: 'Ines', dia_id: 'D1:1', text: 'I painted the boat.' }],
      },
      qa: [],
    },
  ]),
  'session.jsonl': `${JSON.stringify({
    type: 'user',
    uuid: 'u-0',
    parentUuid: null,
    sessionId: '4f6c1c5e-8f0b-4c27-9d0e-6a1d6f3b9c01',
    timestamp: '2026-02-03T10:00:00.000Z',
    message: { role: 'user', content: 'Which port does the pump use?' },
  })}\n`,
};

export async function writeSources(folder: string): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** A call, and what its output holds. */
export interface Step {
  /** `{name}` stands for the id that the output of an earlier step began with, or held. */
  readonly args: readonly string[];
  readonly holds: string | RegExp;
  /** Under what name the id in its output is kept. */
  readonly keeps?: string;
}

const step = (call: string, holds: Step['holds'], keeps?: string): Step => ({
  // A word may hold blanks between quotation marks.
  args: [...call.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ''),
  holds,
  ...(keeps === undefined ? {} : { keeps }),
});

/** One or more for every command that opens the replica. */
export const steps: readonly Step[] = [
  step('init --force', 'mnemesh.json'),
  step('remember "We ship on Fridays" --kind decision --topic ship', 'Fridays', 'item'),
  step('status --json', '"memory":1'),
  step('recall ship', 'We ship on Fridays'),
  step('memory show {item}', 'We ship on Fridays'),
  step('remember "We ship on Mondays" --topic ship', 'Mondays'),
  step('conflicts list', 'ship in shared/memory', 'conflict'),
  step('context', 'We ship on Mondays'),
  step('conflicts resolve {conflict} --keep 1 --reason "a vote"', ''),
  step('audit', 'a vote'),
  step('policy set shared/tasks last-writer-wins', 'last-writer-wins'),
  step('policy list', 'shared/tasks'),
  step('task add Write', 'Write', 'task'),
  step('task update {task} --add-tags docs --priority 1', 'Write'),
  step('task show {task}', 'docs'),
  step('task ready', 'Write'),
  step('task claim {task}', 'working'),
  step('task list --status working', 'Write'),
  step('task comment {task} "half way"', 'Write'),
  step('task release {task}', 'submitted'),
  step('task claim --next', 'working'),
  step('task complete {task} --result done', 'completed'),
  step('conversation add "The talk"', 'The talk', 'talk'),
  step('conversation add Hello --to {talk} --speaker Ada', 'Ada: Hello'),
  step('conversation list', 'The talk'),
  step('conversation show {talk}', 'Ada: Hello'),
  step('prose add Rules --file rules.md', 'Rules', 'document'),
  step('prose edit {document} more.md --append', 'Rules'),
  step('prose show {document}', /Be kind\.[\s\S]*And brief\./),
  step('prose list', 'Rules'),
  step('prose forget {document}', 'forgot'),
  step('persona add roofer --instructions rules.md', 'roofer'),
  step('persona list', 'roofer'),
  step('persona show roofer', 'Be kind.'),
  step('session list', ''),
  step('presence', ''),
  step('import beads issues.jsonl', '1'),
  step('import claude-code session.jsonl', '1 conversations'),
  step('import locomo talk.json', '1'),
  step('import markdown notes', '1'),
  step('import server-memory graph.jsonl', '1 new entities'),
  step('recall tide', 'The tide turns at noon'),
  step('export', 'We ship on Fridays'),
  step('export beads', 'tm-1'),
  step('memory forget {item}', '{item}'),
  step('retain shared/tasks --days 30', '30 days'),
  step('purge shared/memory --confirm shared/memory', 'shared/memory'),
  step('offline on', ''),
  step('status --json', '"offline":true'),
  step('offline off', ''),
  step('status --json', '"offline":false'),
  step('doctor', 'versions'),
];

/** The id of a record or a conflict. */
const ID = /\b\d+\.[0-9A-Z]{26}\b|^[0-9a-f]{32}\b/m;

/** The words of a call with the ids in it that were kept. */
export function filledIn(text: string, kept: ReadonlyMap<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => kept.get(name) ?? `{${name}}`);
}

export function idIn(output: string): string {
  return ID.exec(output)?.[0] ?? '';
}
