import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consoleFiles } from '@mnemesh/console';
import { openMesh } from '@mnemesh/open-mesh';
import { type Server, serve } from '@mnemesh/server';
import '@mnemesh/testing-browser';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { buildConsole } from '../scripts/build.mjs';

export type Mesh = Awaited<ReturnType<typeof openMesh>>;

/** Links may take as long as a backoff between two attempts. */
export const patient = { timeout: 30_000 };

/** The console as it is served, agents in Node, and a browser with a fresh profile for each person. */
export interface ConsoleBench {
  /** Of the pages. */
  readonly origin: string;
  /** Of a mesh that no other test has. */
  newMesh(): string;
  agent(mesh: string, name: string): Promise<Mesh>;
  /** A person's browser; it fails the test when a page of it had an error. */
  person(options?: BrowserContextOptions): Promise<Person>;
}

export class Person {
  readonly context: BrowserContext;
  readonly problems: string[] = [];

  constructor(context: BrowserContext) {
    this.context = context;
    context.on('weberror', (error) => this.problems.push(String(error.error().stack)));
    context.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
  }

  /** Takes problems that a test brought about out of those that fail it. */
  forgive(pattern: RegExp): void {
    const others = this.problems.splice(0).filter((problem) => !pattern.test(problem));
    this.problems.push(...others);
  }

  /** Opens the console through a link, and the mesh through the form that it fills in. */
  async open(origin: string, mesh: string, name = 'mira'): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(`${origin}/#mesh=${mesh}&name=${name}`);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('navigation', { name: 'Views' }).waitFor();
    return page;
  }
}

/** Call it at the top of the file. */
export function benchConsole(): ConsoleBench {
  let browser: Browser;
  let server: Server;
  let data: string;
  let meshes = 0;

  beforeAll(async () => {
    await buildConsole();
    data = await mkdtemp(join(tmpdir(), 'mnemesh-console-'));
    [browser, server] = await Promise.all([
      chromium.connect(inject('chromium')),
      serve({ port: 0, host: '127.0.0.1', data: join(data, 'relay'), console: consoleFiles }),
    ]);
  });

  afterAll(async () => {
    await browser.close();
    await server.close();
    await rm(data, { recursive: true, force: true });
  });

  return {
    get origin() {
      return server.url.replace(/^ws/, 'http');
    },
    newMesh: () => {
      meshes += 1;
      return `mesh-${meshes}`;
    },
    agent: async (mesh, name) => {
      const directory = join(data, mesh, name);
      const opened = await openMesh({
        mesh,
        agent: name,
        relay: server.url,
        data: directory,
        holder: 'none',
        webrtc: 'none',
      });
      onTestFinished(() => opened.close());
      return opened;
    },
    person: async (options = {}) => {
      const person = new Person(await browser.newContext({ reducedMotion: 'reduce', ...options }));
      onTestFinished(async () => {
        await person.context.close();
        if (person.problems.length > 0)
          throw new Error(`Problems in a page:\n${person.problems.join('\n')}`);
      });
      return person;
    },
  };
}
