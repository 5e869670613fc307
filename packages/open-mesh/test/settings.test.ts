import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import {
  checkSettings,
  explainSettings,
  type SettingSources,
  type Surroundings,
} from '../src/index.js';
import { temporaryPlace } from './temporary-place.js';

function surroundings(directory: string, env: Surroundings['env'] = {}): Surroundings {
  return { env, directory, home: join(directory, 'home') };
}

async function withConfig(config: unknown): Promise<string> {
  const place = await temporaryPlace();
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(place, 'mnemesh.json'), text);
  return place;
}

function refusal(sources: SettingSources): string {
  try {
    checkSettings(explainSettings(sources));
  } catch (error) {
    if (hasCode(error, 'bad_input')) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('where a setting comes from', () => {
  test('an option stands where nobody says anything else', async () => {
    const place = await temporaryPlace();
    const options = { mesh: 'atlas', agent: 'planner' };
    const explained = explainSettings({ options, surroundings: surroundings(place) });
    expect(explained.mesh).toEqual({ value: 'atlas', from: 'option' });
    expect(explained.relay).toEqual({ value: undefined, from: 'default' });
    expect(explained.data).toEqual({ value: join(place, 'home', '.mnemesh'), from: 'default' });
  });

  test('a config file overrides options, a variable overrides the file, the command line all', async () => {
    const place = await withConfig({ mesh: 'of-file', agent: 'of-file', relay: 'ws://of-file' });
    const env = { MNEMESH_AGENT: 'of-variable', MNEMESH_RELAY: 'ws://of-variable' };
    const explained = explainSettings({
      options: { mesh: 'of-option', agent: 'of-option', relay: 'ws://of-option' },
      overrides: { relay: 'ws://typed' },
      surroundings: surroundings(place, env),
    });
    expect(explained.mesh).toEqual({ value: 'of-file', from: join(place, 'mnemesh.json') });
    expect(explained.agent).toEqual({ value: 'of-variable', from: 'MNEMESH_AGENT' });
    expect(explained.relay).toEqual({ value: 'ws://typed', from: 'command line' });
  });

  test('the nearest file upward from the working directory counts, as a whole', async () => {
    const place = await withConfig({ mesh: 'far', agent: 'far' });
    const deep = join(place, 'a', 'b', 'c');
    await mkdir(deep, { recursive: true });
    expect(explainSettings({ surroundings: surroundings(deep) }).mesh.value).toBe('far');
    await writeFile(join(place, 'a', 'mnemesh.json'), '{"mesh":"near"}');
    const explained = explainSettings({ surroundings: surroundings(deep) });
    expect(explained.mesh).toEqual({ value: 'near', from: join(place, 'a', 'mnemesh.json') });
    expect(explained.agent.value).toBeUndefined();
  });

  test('a data directory in a file is relative to the file', async () => {
    const place = await withConfig({ data: 'state' });
    await mkdir(join(place, 'below'));
    const explained = explainSettings({ surroundings: surroundings(join(place, 'below')) });
    expect(explained.data.value).toBe(join(place, 'state'));
    const typed = { overrides: { data: 'mine' }, surroundings: surroundings(join(place, 'below')) };
    expect(explainSettings(typed).data.value).toBe(join(place, 'below', 'mine'));
    const home = { overrides: { data: '~/m' }, surroundings: surroundings(place) };
    expect(explainSettings(home).data.value).toBe(join(place, 'home', 'm'));
  });

  test('an empty variable counts as none; the word none takes a relay away', async () => {
    const place = await withConfig({ mesh: 'atlas', relay: 'ws://of-file' });
    const empty = explainSettings({ surroundings: surroundings(place, { MNEMESH_MESH: '' }) });
    expect(empty.mesh.value).toBe('atlas');
    const none = explainSettings({ surroundings: surroundings(place, { MNEMESH_RELAY: 'none' }) });
    expect(none.relay).toEqual({ value: undefined, from: 'MNEMESH_RELAY' });
  });
});

describe('a setting that is not right', () => {
  test.each([
    ['{ "mesh": "atlas"', 'is no JSON'],
    ['[]', 'expected an object with mesh, agent, relay, data'],
    [{ mesh: 7 }, '"mesh" must be a text'],
    [{ mesj: 'atlas' }, 'there is no setting "mesj". There are: mesh, agent, relay, data'],
  ])(
    'in a config file, %j, is refused with the name of the file and the field',
    async (config, message) => {
      const place = await withConfig(config);
      const said = refusal({ surroundings: surroundings(place) });
      expect(said).toContain(join(place, 'mnemesh.json'));
      expect(said).toContain(message);
    },
  );

  test('is refused with where it came from', async () => {
    const place = await temporaryPlace();
    const options = { mesh: 'atlas', agent: 'planner' };
    const env = { MNEMESH_MESH: 'No Name' };
    const bad = refusal({ options, surroundings: surroundings(place, env) });
    expect(bad).toContain('"No Name" is no mesh name');
    expect(bad).toContain('MNEMESH_MESH');
    const agent = { mesh: 'atlas', agent: '../planner' };
    expect(refusal({ options: agent, surroundings: surroundings(place) })).toContain(
      '"../planner" is no agent name',
    );
    expect(refusal({ options: { mesh: 'atlas' }, surroundings: surroundings(place) })).toContain(
      'No agent is chosen',
    );
  });
});
