import { MnemeshError } from '@mnemesh/protocol';
import { applyEdits, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import type { ServerEntry } from './server-entry.js';

// Edits are made in the text, so that comments, order and spaces of the rest stay as they are.

/** @throws MnemeshError `bad_input` for a file that is not JSON with comments */
export function jsonEntry(text: string, path: string, servers: string, name: string): unknown {
  const root = parsed(text, path);
  const found = (root as Record<string, unknown> | undefined)?.[servers];
  return typeof found === 'object' && found !== null
    ? (found as Record<string, unknown>)[name]
    : undefined;
}

/** The text with the entry set, or, when undefined, taken out. @throws MnemeshError `bad_input` */
export function withJsonEntry(
  text: string,
  path: string,
  [servers, name]: readonly [string, string],
  entry: ServerEntry | undefined,
): string {
  parsed(text, path);
  const before = text.trim() === '' ? '{}\n' : text;
  const edits = modify(before, [servers, name], entry, {
    // A comment behind the last entry stays with it.
    getInsertionIndex: () => 0,
    formattingOptions: { ...indentation(before), eol: before.includes('\r\n') ? '\r\n' : '\n' },
  });
  return applyEdits(before, edits);
}

function indentation(text: string): { readonly insertSpaces: boolean; readonly tabSize: number } {
  const [, lead = '  '] = /^([ \t]+)\S/m.exec(text) ?? [];
  return lead.startsWith('\t')
    ? { insertSpaces: false, tabSize: 4 }
    : { insertSpaces: true, tabSize: lead.length };
}

function parsed(text: string, path: string): unknown {
  if (text.trim() === '') return {};
  const errors: ParseError[] = [];
  const root: unknown = parse(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) {
    const line = text.slice(0, error.offset).split('\n').length;
    throw new MnemeshError(
      'bad_input',
      `${path} is no JSON: ${printParseErrorCode(error.error)} in line ${line}. Mend it first; nothing was changed.`,
    );
  }
  if (typeof root === 'object' && root !== null && !Array.isArray(root)) return root;
  throw new MnemeshError('bad_input', `${path} holds no JSON object. Nothing was changed.`);
}
