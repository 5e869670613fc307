import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { checkSettings, explainSettings, settingNames } from '@mnemesh/open-mesh';
import { MnemeshError } from '@mnemesh/protocol';
import { commands } from '../commands/index.js';
import type { Call } from './command.js';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.js';
import { commandHelp, overview } from './help.js';
import { type ParsedCall, parseCall } from './parse-call.js';
import { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Runs one call of the command. Resolves to its exit code; never throws for a user's mistake. */
export async function runCommandLine(argv: readonly string[]): Promise<ExitCode> {
  const terminal = new Terminal({
    out: process.stdout,
    err: process.stderr,
    json: argv.includes('--json'),
    env: process.env,
  });
  let words: readonly string[] = [];
  try {
    if (argv.length === 1 && argv[0] === '--version') {
      terminal.print(version());
      return exitCodes.ok;
    }
    const parsed = parseCall(argv, commands);
    words = parsed.group;
    if (parsed.command === undefined || parsed.flags.has('help')) {
      terminal.print(helpFor(parsed));
      return exitCodes.ok;
    }
    return await parsed.command.run(callOf(parsed, terminal));
  } catch (error) {
    report(terminal, error, words);
    return exitCodeOf(error);
  }
}

function helpFor({ command, group }: ParsedCall): string {
  return command === undefined ? overview(commands, group) : commandHelp(command);
}

function callOf(parsed: ParsedCall, terminal: Terminal): Call {
  const text = (name: string): string | undefined => {
    const value = parsed.flags.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const overrides = Object.fromEntries(
    settingNames
      .map((name) => [name, text(flagOf(name))])
      .filter(([, value]) => value !== undefined),
  );
  const explanation = explainSettings({
    overrides,
    defaults: { mesh: 'default', agent: ownName() },
  });
  return {
    terminal,
    explanation,
    settings: () => checkSettings(explanation),
    argument: (name) => parsed.arguments.get(name),
    flag: text,
    isSet: (name) => parsed.flags.has(name),
  };
}

/** `embeddingModel` is `--embedding-model`. */
function flagOf(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The person's own name on this device, as far as an agent can have it. */
function ownName(): string {
  try {
    return (
      userInfo()
        .username.replace(/[^A-Za-z0-9._@-]/g, '')
        .replace(/^[^A-Za-z0-9]+/, '') || 'me'
    );
  } catch {
    return 'me';
  }
}

function report(terminal: Terminal, error: unknown, words: readonly string[]): void {
  const known = error instanceof MnemeshError;
  const message = error instanceof Error ? error.message : String(error);
  const code = known ? error.code : 'internal';
  if (terminal.json) terminal.note(JSON.stringify({ error: { code, message } }));
  else terminal.note(`${terminal.paint('red', 'mnemesh:')} ${message} (${code})`);
  if (error instanceof UsageError && !terminal.json) {
    const help = error.help.length > 0 ? error.help : words;
    terminal.note(`Help: mnemesh ${[...help, '--help'].join(' ')}`);
  }
  if (known) return;
  // A defect of ours: the trace is what a report of it needs.
  if (process.env.MNEMESH_DEBUG && error instanceof Error) terminal.note(error.stack ?? '');
  else if (!terminal.json)
    terminal.note('This is a defect. MNEMESH_DEBUG=1 prints where it happened.');
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
