import { parseArgs } from 'node:util';
import { type Argument, type Command, type Flag, globalFlags } from './command.js';
import { nearest } from './nearest.js';
import { UsageError } from './usage-error.js';

export interface ParsedCall {
  /** Undefined for a call without a command, which prints the overview. */
  readonly command: Command | undefined;
  /** The words typed, when they only begin commands: `mnemesh task --help`. */
  readonly group: readonly string[];
  readonly arguments: ReadonlyMap<string, string>;
  readonly flags: ReadonlyMap<string, string | true>;
}

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

/** @throws UsageError naming what is not right, and what was probably meant */
export function parseCall(argv: readonly string[], commands: readonly Command[]): ParsedCall {
  const everyFlag = [...globalFlags, ...commands.flatMap(({ flags }) => flags)];
  const loose = parseArgs({
    args: [...argv],
    options: optionsOf(everyFlag),
    strict: false,
    allowPositionals: true,
  });
  const asksHelp = loose.values.help === true;
  const command = findCommand(loose.positionals, commands);
  if (command === undefined) {
    const group = groupOf(loose.positionals, commands);
    if (asksHelp || loose.positionals.length === 0) {
      checkFlags(argv, globalFlags, []);
      return { command, group, arguments: new Map(), flags: flagsOf(loose.values) };
    }
    throw unknownCommand(loose.positionals, group, commands);
  }
  const { values, positionals } = checkFlags(
    argv,
    [...globalFlags, ...command.flags],
    command.words,
  );
  const given = positionals.slice(command.words.length);
  return {
    command,
    group: command.words,
    arguments: asksHelp ? new Map() : argumentsOf(command, given),
    flags: flagsOf(values),
  };
}

/** The command with the most words that the positionals begin with. */
function findCommand(
  positionals: readonly string[],
  commands: readonly Command[],
): Command | undefined {
  return commands
    .filter(({ words }) => words.every((word, i) => positionals[i] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
}

function groupOf(positionals: readonly string[], commands: readonly Command[]): readonly string[] {
  const [first] = positionals;
  const isGroup = commands.some(({ words }) => words.length > 1 && words[0] === first);
  return first !== undefined && isGroup ? [first] : [];
}

function unknownCommand(
  typed: readonly string[],
  group: readonly string[],
  commands: readonly Command[],
): UsageError {
  const word = typed[group.length];
  const known = [
    ...new Set(
      commands
        .filter(({ words }) => group.every((name, i) => words[i] === name))
        .map(({ words }) => words[group.length] ?? ''),
    ),
  ];
  const names = known.join(', ');
  if (word === undefined) {
    return new UsageError(`"${group.join(' ')}" needs one of: ${names}.`, group);
  }
  const meant = nearest(word, known);
  const whole = [...group, word].join(' ');
  const advice =
    meant === undefined ? `There are: ${names}.` : `Did you mean "${[...group, meant].join(' ')}"?`;
  return new UsageError(`There is no command "${whole}". ${advice}`, group);
}

function optionsOf(flags: readonly Flag[]): Record<string, { type: 'string' | 'boolean' }> {
  return Object.fromEntries(
    flags.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
  );
}

function checkFlags(
  argv: readonly string[],
  flags: readonly Flag[],
  words: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: optionsOf(flags),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = flags.find(({ name }) => name === token.name);
    if (flag === undefined) throw unknownFlag(token.rawName, flags, words);
    if (flag.value === undefined && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value.`, words);
    }
    if (flag.value !== undefined && token.value === undefined) {
      throw new UsageError(
        `${token.rawName} needs a value: ${token.rawName} ${flag.value}.`,
        words,
      );
    }
  }
  return { values: values as Values, positionals };
}

function unknownFlag(typed: string, flags: readonly Flag[], words: readonly string[]): UsageError {
  const meant = nearest(
    typed,
    flags.map(({ name }) => `--${name}`),
  );
  const advice = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return new UsageError(`There is no option ${typed} here.${advice}`, words);
}

function flagsOf(values: Values): ReadonlyMap<string, string | true> {
  const flags = new Map<string, string | true>();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string' || value === true) flags.set(name, value);
  }
  return flags;
}

function argumentsOf(command: Command, given: readonly string[]): ReadonlyMap<string, string> {
  const { words, arguments: expected } = command;
  const parsed = new Map<string, string>();
  for (const [i, argument] of expected.entries()) {
    const value = given[i];
    if (value !== undefined) parsed.set(argument.name, checkChoice(argument, value, words));
    else if (!argument.optional) {
      throw new UsageError(`${argument.name} is missing: ${argument.help}.`, words);
    }
  }
  const extra = given[expected.length];
  if (extra !== undefined) {
    const advice = expected.length > 0 ? ' Put text with spaces into quotes.' : '';
    throw new UsageError(`"${extra}" is one argument too many.${advice}`, words);
  }
  return parsed;
}

function checkChoice(argument: Argument, value: string, words: readonly string[]): string {
  const { name, choices } = argument;
  if (choices === undefined || choices.includes(value)) return value;
  throw new UsageError(`${name} is one of ${choices.join(', ')}, not "${value}".`, words);
}
