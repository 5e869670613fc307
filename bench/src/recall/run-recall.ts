import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { peersDirectory } from '../clients/doors.js';
import { installPeers } from '../peers.js';
import { grepLike, miniSearch, plainTurns, plainWindow } from './baselines.js';
import { measure, type Subject } from './measures.js';
import { product } from './product.js';
import { readCorpora } from './questions.js';
import { categoryTable, figures, type Row, recallTable } from './table.js';
import { leaveOneOut } from './tune.js';

/** `node bench/dist/recall/main.js FILE`, or `npm run bench -- recall --data FILE` */
export async function runRecall(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      /** Variants of the weights for the leave-one-out measure; 0 leaves it out. */
      tune: { type: 'string', default: '0' },
      json: { type: 'string' },
    },
  });
  const path = values.data ?? positionals[0];
  if (path === undefined) throw new Error('Which LoCoMo file? npm run bench -- recall --data FILE');
  const corpora = readCorpora(path);
  const turns = corpora.reduce((sum, corpus) => sum + corpus.turns.length, 0);
  const questions = corpora.reduce((sum, corpus) => sum + corpus.questions.length, 0);
  console.log(
    `${corpora.length} conversations, ${turns} turns, ${questions} questions with evidence\n`,
  );
  const ours = await product('mnemesh');
  const rows: Row[] = [];
  for (const subject of [grepLike, ...(await peers()), plainTurns, plainWindow, ours])
    rows.push(await rowOf(subject, corpora));
  console.log(`${recallTable(rows)}\n\n${categoryTable(rows.slice(-2))}`);
  const variants = Number(values.tune);
  if (variants > 0) {
    const { held, chosen } = await leaveOneOut(ours, corpora, variants, (line) =>
      console.error(line),
    );
    console.log(`\nLeave one conversation out, ${variants} variants: ${figures(held).join(' ')}`);
    console.log(chosen.map(({ corpus, variant }) => `${corpus}: variant ${variant}`).join(', '));
  }
  await ours.close();
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(plain(rows), null, 2));
}

async function rowOf(subject: Subject, corpora: Parameters<typeof measure>[1]): Promise<Row> {
  const measured = await measure(subject, corpora);
  return { name: subject.name, measured, indexBytes: await subject.indexBytes?.() };
}

/** MiniSearch is installed with the other peers, and only by pnpm. */
async function peers(): Promise<readonly Subject[]> {
  if (process.env.npm_execpath?.includes('pnpm')) installPeers();
  if (existsSync(new URL('node_modules/minisearch', peersDirectory))) return [await miniSearch()];
  console.error(
    'MiniSearch is not installed, and not measured: run `npm run bench -- recall` once.',
  );
  return [];
}

function plain(rows: readonly Row[]): unknown {
  return rows.map(({ name, measured, indexBytes }) => ({
    name,
    indexBytes,
    all: measured.all,
    byCategory: Object.fromEntries(measured.byCategory),
    byCorpus: Object.fromEntries(measured.byCorpus),
    times: measured.times,
  }));
}
