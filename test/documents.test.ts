import { readFileSync } from 'node:fs';
import {
  closeCodes,
  frameFields,
  isTerminal,
  limits,
  PROTOCOL_VERSION,
  presenceFields,
} from '@mnemesh/protocol';
import { expect, test } from 'vitest';

const protocol = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8');

/** The table under `<!-- NAME -->`, up to the next empty line, without the padding a formatter gives its cells. */
function tableOf(name: string): string {
  const marker = `<!-- ${name} -->\n`;
  const at = protocol.indexOf(marker);
  expect(at, `docs/protocol.md has no ${marker.trim()}`).toBeGreaterThan(0);
  const padded = (
    protocol
      .slice(at + marker.length)
      .trimStart()
      .split('\n\n')[0] as string
  ).trimEnd();
  return padded.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** A number that only a double bounds is shown without its bound. */
function specOf(field: unknown): string {
  const { spec } = field as { readonly spec: string };
  return spec.replaceAll(`<=${Number.MAX_SAFE_INTEGER}`, '');
}

test('docs/protocol.md lists every frame as the code has it', () => {
  const rows = Object.entries(frameFields).map(([type, [number, fields]]) => {
    const specs = Object.entries(fields).map(([name, field]) => code(`${name}: ${specOf(field)}`));
    return [String(number), `**${type}**`, specs.join('<br>') || '(none)'];
  });
  expect(tableOf('frames')).toBe(table(['no.', 'frame', 'fields, in order'], rows));
});

test('docs/protocol.md lists what presence tells of a session', () => {
  const rows = Object.entries(presenceFields).map(([name, field]) => [
    code(name),
    code(specOf(field)),
  ]);
  expect(tableOf('presence')).toBe(table(['field', 'content'], rows));
});

test('docs/protocol.md lists every close code', () => {
  const rows = Object.entries(closeCodes).map(([name, value]) => [
    String(value),
    name,
    isTerminal(value) ? 'for good' : 'tries again',
  ]);
  expect(tableOf('close codes')).toBe(table(['code', 'name', 'the replica'], rows));
});

test('docs/protocol.md lists every limit of the wire', () => {
  const rows = Object.entries(limits).map(([name, value]) => [code(name), String(value)]);
  expect(tableOf('limits')).toBe(table(['limit', 'value'], rows));
});

test('docs/protocol.md describes the version that is spoken', () => {
  expect(protocol).toContain(`# Protocol, version ${PROTOCOL_VERSION}`);
});
