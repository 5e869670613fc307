import type { Persona, Personas } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import type { Call, Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { given } from '../command-line/flag-values.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { readWhole } from '../imports/read-source.js';
import { agentNames, agentText, indented, oneLine } from './record-text.js';

export const personaAdd: Command = {
  words: ['persona', 'add'],
  summary: 'Writes down a role that sessions can take on',
  details: 'A name that is there already gets the new instructions.',
  arguments: [{ name: 'NAME', help: 'how sessions name it' }],
  flags: [
    {
      name: 'instructions',
      value: 'FILE',
      help: 'what it is to do, and how; - reads standard input',
    },
    { name: 'description', value: 'TEXT', help: 'in a sentence' },
    ackedFlag,
  ],
  examples: [
    'mnemesh persona add reviewer --instructions reviewer.md --description "Reads patches"',
  ],
  run: (call) =>
    withMesh(call, async (open) => {
      await open.catchUp();
      const persona = await write(call, open.mesh.personas);
      const reached = await finishWrite(call, open);
      if (call.terminal.json) call.terminal.printJson({ reached, persona });
      else {
        call.terminal.print(line(call, persona));
        call.terminal.note(reachedText(open.mesh, reached));
      }
      return exitCodes.ok;
    }),
};

export const personaList: Command = {
  words: ['persona', 'list'],
  summary: 'Lists the roles that sessions can take on',
  arguments: [],
  flags: [],
  examples: ['mnemesh persona list'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const personas = await mesh.personas.list();
      if (call.terminal.json) call.terminal.printJson({ personas });
      else if (personas.length === 0) call.terminal.note('no personas');
      else call.terminal.printAll(personas.map((persona) => line(call, persona)));
      return exitCodes.ok;
    }),
};

export const personaShow: Command = {
  words: ['persona', 'show'],
  summary: 'Prints what a role is to do',
  arguments: [{ name: 'NAME', help: 'its name' }],
  flags: [],
  examples: ['mnemesh persona show reviewer'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const persona = await named(mesh.personas, call.argument('NAME') as string);
      if (call.terminal.json) call.terminal.printJson({ persona });
      else {
        const names = await agentNames(mesh);
        const by = `${persona.updatedAt} by ${agentText(names, persona.updatedBy)}`;
        call.terminal.print(line(call, persona));
        call.terminal.print(`  ${call.terminal.paint('dim', `updated ${by}`)}`);
        call.terminal.print(`\n${indented(persona.instructions)}`);
      }
      return exitCodes.ok;
    }),
};

async function write(call: Call, personas: Personas): Promise<Persona> {
  const name = call.argument('NAME') as string;
  const file = call.flag('instructions');
  const description = call.flag('description');
  const instructions = file === undefined ? undefined : (await readWhole(file)).trim();
  const [known] = await personas.list({ state: name, limit: 1 });
  if (known !== undefined)
    return personas.update(known.id, given<object>({ instructions, description }));
  if (instructions === undefined)
    throw new MnemeshError('bad_input', `What is ${name} to do? Give --instructions FILE.`);
  return personas.create({ name, instructions, ...given<object>({ description }) });
}

async function named(personas: Personas, name: string): Promise<Persona> {
  const [persona] = await personas.list({ state: name, limit: 1 });
  if (persona !== undefined) return persona;
  throw new MnemeshError('not_found', `There is no persona "${name}": see mnemesh persona list.`);
}

function line({ terminal }: Call, { name, description }: Persona): string {
  const about = description === undefined ? '' : `  ${oneLine(description)}`;
  return `${terminal.paint('cyan', oneLine(name))}${about}`;
}
