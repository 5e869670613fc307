import { type Command, type Flag, globalFlags } from './command.js';
import { exitCodeMeanings } from './exit-codes.js';

const PROGRAM = 'mnemesh';

/** Every command in a line each. `group` narrows it to commands that begin with these words. */
export function overview(commands: readonly Command[], group: readonly string[] = []): string {
  const shown = commands.filter(({ words }) => group.every((word, i) => words[i] === word));
  const lines = columns(shown.map((command) => [synopsis(command), command.summary]));
  if (group.length > 0) return [`Usage: ${PROGRAM} ${group.join(' ')} …`, '', ...lines].join('\n');
  return [
    'Shared memory and tasks for a team of AI agents: offline first, in sync when there is a path.',
    '',
    `Usage: ${PROGRAM} COMMAND [ARGUMENTS] [OPTIONS]`,
    '',
    'Commands',
    ...lines,
    '',
    'Options of every command',
    ...columns(globalFlags.map(flagRow)),
    '',
    'Settings come from the command line, else MNEMESH_MESH, MNEMESH_AGENT, MNEMESH_RELAY, MNEMESH_DATA,',
    'MNEMESH_EMBEDDER and MNEMESH_EMBEDDING_MODEL, else mnemesh.json in this directory or above it.',
    'See: mnemesh status --explain',
    '',
    'Exit codes',
    ...columns(exitCodeMeanings.map(([code, meaning]) => [String(code), meaning])),
    '',
    'Examples',
    `  ${PROGRAM} remember "The build needs Node 20.19" --kind fact --topic build`,
    `  ${PROGRAM} recall "node build"`,
    '',
    `More on a command: ${PROGRAM} COMMAND --help`,
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const { summary, details, arguments: list, flags, examples } = command;
  const lines = [`Usage: ${PROGRAM} ${synopsis(command)} [OPTIONS]`, '', `${summary}.`];
  if (details !== undefined) lines.push('', details);
  if (list.length > 0) {
    lines.push('', 'Arguments', ...columns(list.map(({ name, help }) => [name, help])));
  }
  if (flags.length > 0) lines.push('', 'Options', ...columns(flags.map(flagRow)));
  lines.push('', 'Options of every command', ...columns(globalFlags.map(flagRow)));
  lines.push('', examples.length === 1 ? 'Example' : 'Examples');
  return [...lines, ...examples.map((example) => `  ${example}`)].join('\n');
}

function synopsis({ words, arguments: list }: Command): string {
  const names = list.map(({ name, optional, choices }) => {
    const shown = choices === undefined ? name : choices.join('|');
    return optional ? `[${shown}]` : shown;
  });
  return [...words, ...names].join(' ');
}

function flagRow({ name, value, help }: Flag): readonly [string, string] {
  return [value === undefined ? `--${name}` : `--${name} ${value}`, help];
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
