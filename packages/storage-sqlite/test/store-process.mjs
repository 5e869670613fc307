// Opens the store in argv[2]; with the task `write` it commits one segment after another, several at a time,
// and says which are saved. Runs from the built packages, as a user's process does.
import { randomBytes } from 'node:crypto';
import { segmentGuid } from '@mnemesh/protocol';
import { openSqliteStore } from '@mnemesh/storage-sqlite';

const [, , directory, task] = process.argv;
const namespace = 'shared/memory';
const runtime = {
  now: () => 0,
  randomBytes: (n) => new Uint8Array(randomBytes(n)),
  after: () => () => {},
  log: () => {},
};
const bytes = (text) => new TextEncoder().encode(text);
const say = (line) => process.stdout.write(`${line}\n`);

const store = await openSqliteStore({ directory, runtime })('demo');
say(`opened ${store.opened.counter}`);
setInterval(() => store, 60_000);

function segmentBatch(segment) {
  const guid = segmentGuid('demo', namespace, segment);
  const id = `${segment}.A`;
  return {
    documents: [{ guid, namespace, segment }],
    updates: [{ guid, update: bytes(`update of ${segment}`) }],
    envelopes: [
      {
        guid,
        namespace,
        id,
        version: segment.padStart(64, '0'),
        field: '',
        agent: 'ce'.repeat(32),
        session: '5e'.repeat(8),
        clock: 1,
        envelope: bytes(`envelope of ${segment}`),
        commit: bytes(`commit of ${segment}`),
      },
    ],
    records: [
      {
        namespace,
        id,
        guid,
        collection: 'memory',
        created: Number(segment),
        updated: Number(segment),
        archived: false,
        conflicted: false,
        state: 'fact',
        ref: `ref-${segment}`,
        text: `text of ${segment}`,
        view: `{"of":"${segment}"}`,
      },
    ],
  };
}

if (task === 'write') {
  let next = (await store.documents()).length + 1;
  for (;;) {
    const group = Array.from({ length: 5 }, () => next++);
    await Promise.all(
      group.map((n) => store.commit(segmentBatch(`${n}`)).then(() => say(`saved ${n}`))),
    );
  }
}
