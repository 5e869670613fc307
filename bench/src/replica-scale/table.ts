import type { Summary } from '../measure/summary.js';
import { markdownTable } from '../report/markdown.js';
import type { DeliveryResult, ReplicaScaleResult, SizeResult } from './run-replica-scale.js';

/** The result as two tables of Markdown. */
export function replicaScaleTable(result: ReplicaScaleResult): string {
  return [
    table(sizeColumns, result.sizes),
    ...(result.deliveries.length === 0 ? [] : [table(deliveryColumns, result.deliveries)]),
  ].join('\n\n');
}

type Columns<Row> = readonly (readonly [string, (row: Row) => string])[];

const opening =
  (name: keyof SizeResult['opening']) =>
  ({ opening }: SizeResult): string =>
    spread(opening[name]);

const sizeColumns: Columns<SizeResult> = [
  ['records', ({ records }) => records.toLocaleString('en')],
  ['conversations', ({ shape }) => shape.conversations.toLocaleString('en')],
  ['authored/s', ({ authoredPerSecond }) => number(authoredPerSecond)],
  ['signing share', ({ signingShare }) => percent(signingShare)],
  ['disk MB', ({ diskMb }) => number(diskMb)],
  ['total ms', opening('totalMs')],
  ['CPU ms', opening('totalCpuMs')],
  ['open ms', opening('openMs')],
  ['newest 50 ms', opening('newestMs')],
  ['recall ms', opening('recallMs')],
  ['oldest ms', opening('oldestMs')],
  ['first write ms', opening('firstWriteMs')],
  ['write ms', opening('writeMs')],
  ['write to read ms', opening('writeToReadMs')],
  ['common recall ms', opening('commonRecallMs')],
  ['count ms', opening('countMs')],
  ['RSS MB', opening('rssMb')],
  ['live MB', opening('liveMb')],
  ['RSS after MB', opening('rssAfterMb')],
  ['live after MB', opening('liveAfterMb')],
];

const figure =
  (name: keyof DeliveryResult['figures']) =>
  ({ figures }: DeliveryResult): string =>
    spread(figures[name]);

const deliveryColumns: Columns<DeliveryResult> = [
  ['offline writes', ({ records }) => records.toLocaleString('en')],
  ['agents', ({ agents }) => String(agents)],
  ['saved ms', figure('savedMs')],
  ['saved CPU ms', figure('savedCpuMs')],
  ['of it signing ms', figure('signMs')],
  ['delivered ms', figure('deliveredMs')],
  ['received CPU ms', figure('receivedCpuMs')],
  ['of it verifying ms', figure('verifyMs')],
  ['acked ms', figure('ackedMs')],
];

function table<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  return markdownTable(
    columns.map(([title]) => title),
    rows.map((row) => columns.map(([, cell]) => cell(row))),
  );
}

function spread({ median, min, max }: Summary): string {
  return min === max ? number(median) : `${number(median)} (${number(min)}–${number(max)})`;
}

function number(value: number | undefined): string {
  if (value === undefined) return '–';
  return value.toLocaleString('en', {
    maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0,
  });
}

function percent(value: number | undefined): string {
  return value === undefined ? '–' : `${number(value * 100)} %`;
}
