import {
  closeCodes,
  equalBytes,
  fromHex,
  hasCode,
  homeSegment,
  isTerminal,
  matchesGlob,
  parseGlob,
  parseMeshId,
  parseNamespace,
  parseRecordId,
  parseSegmentName,
  recordId,
  type SegmentName,
  toBase32,
  toBase64Url,
  toHex,
} from '@mnemesh/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('names', () => {
  const parsers: readonly [
    string,
    (text: string) => string,
    readonly string[],
    readonly string[],
  ][] = [
    [
      'mesh',
      parseMeshId,
      ['a', 'team-1', '0.b_c', 'a'.repeat(64)],
      ['', 'A', '.a', '-a', 'a/b', 'a b', 'a'.repeat(65)],
    ],
    [
      'namespace',
      parseNamespace,
      ['shared/tasks', 'agents/3d40@x/memory', 'a', '.hidden/x', 'a..b'],
      ['', '/a', 'a/', 'a//b', 'a b', 'ü', '..', 'a/../b', './a', 'a/.', 'x'.repeat(201)],
    ],
    [
      'segment',
      parseSegmentName,
      ['1', 'i0-abc-2026-01', '0'],
      ['', 'A', 'a.b', 'a/b', 'a'.repeat(65)],
    ],
    [
      'record id',
      parseRecordId,
      ['1.A', 'i0-a-2026-01.abc'],
      ['', '1', '1.', '.A', '1.A.B', '1.A B', `1.${'A'.repeat(127)}`],
    ],
    [
      'glob',
      parseGlob,
      ['**', 'shared/**', 'agents/*/memory', 'a'],
      ['', 'a*', '***', 'a/', '/**', 'a/**b'],
    ],
  ];
  test.each(parsers)('a %s is taken or refused with advice', (_name, parse, good, bad) => {
    for (const text of good) expect(parse(text)).toBe(text);
    for (const text of bad) {
      try {
        parse(text);
      } catch (error) {
        expect(hasCode(error, 'bad_input'), text).toBe(true);
        continue;
      }
      expect.unreachable(`"${text}" was taken`);
    }
  });

  test('a record is at home in the segment its id begins with', () => {
    const id = recordId('i0-abc-2026-01' as SegmentName, 'xyz');
    expect(id).toBe('i0-abc-2026-01.xyz');
    expect(homeSegment(id)).toBe('i0-abc-2026-01');
  });
});

describe('a glob', () => {
  test.each([
    ['**', 'a', true],
    ['**', 'a/b/c', true],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['shared/**', 'shared/tasks', true],
    ['shared/**', 'shared/a/b', true],
    ['shared/**', 'shared', false],
    ['shared/**', 'sharedx/a', false],
    ['shared/*', 'shared/a/b', false],
    ['agents/*/memory', 'agents/x/memory', true],
    ['agents/*/memory', 'agents/memory', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/b/y', false],
    ['**/b', 'b', true],
    ['**/b', 'a/b/b', true],
    ['**/**', 'a', true],
    ['a/**/**', 'a', false],
    ['a/**/c/**', 'a/b/c/c/d', true],
  ])('%s on %s: %s', (glob, namespace, matches) => {
    expect(matchesGlob(parseGlob(glob), namespace)).toBe(matches);
  });

  test('agrees with a plain definition of what it stands for', () => {
    const word = fc.constantFrom('a', 'b');
    const globs = fc.array(fc.oneof(word, fc.constantFrom('*', '**')), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(globs, fc.array(word, { minLength: 1, maxLength: 6 }), (glob, words) => {
        expect(matchesGlob(glob.join('/'), words.join('/'))).toBe(defined(glob, words));
      }),
      { numRuns: 2000 },
    );
  });

  test('made to be slow is not [BD]', () => {
    const glob = parseGlob(`${'**/a/'.repeat(39)}b`);
    const namespace = 'a/'.repeat(99).concat('a');
    expect(matchesGlob(glob, namespace)).toBe(false);
  });

  function defined(glob: readonly string[], words: readonly string[]): boolean {
    const [first, ...rest] = glob;
    if (first === undefined) return words.length === 0;
    if (first !== '**') {
      return (
        words.length > 0 && (first === '*' || first === words[0]) && defined(rest, words.slice(1))
      );
    }
    const least = rest.length === 0 ? 1 : 0;
    for (let taken = least; taken <= words.length; taken++) {
      if (defined(rest, words.slice(taken))) return true;
    }
    return false;
  }
});

describe('bytes as text', () => {
  test('agree with Node', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(equalBytes(fromHex(toHex(bytes)), bytes)).toBe(true);
      }),
    );
  });

  test('base32 follows RFC 4648', () => {
    const encode = (text: string): string => toBase32(new TextEncoder().encode(text));
    expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map(encode)).toEqual([
      '',
      'my',
      'mzxq',
      'mzxw6',
      'mzxw6yq',
      'mzxw6ytb',
      'mzxw6ytboi',
    ]);
  });

  test('hex that is none is refused', () => {
    for (const text of ['a', 'AB', 'zz', '0x']) expect(() => fromHex(text)).toThrow(RangeError);
  });
});

test('only codes 4400 to 4499 stop a replica for good', () => {
  const terminal = Object.entries(closeCodes)
    .filter(([, code]) => isTerminal(code))
    .map(([name]) => name);
  expect(terminal.sort()).toEqual([
    'notPermitted',
    'unauthenticated',
    'unknownProtocol',
    'wrongMesh',
  ]);
  expect([4399, 4400, 4499, 4500].map(isTerminal)).toEqual([false, true, true, false]);
});
