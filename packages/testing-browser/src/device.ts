import type { BrowserContext, Page } from 'playwright-core';
import { TestPage } from './test-page.js';

/** A browser profile of its own: what one device's browser keeps, and its pages. */
export class Device {
  readonly #context: BrowserContext;
  readonly #problems: string[] = [];

  constructor(context: BrowserContext) {
    this.#context = context;
    context.on('weberror', (error) => this.#problems.push(String(error.error().stack)));
    context.on('console', (message) => {
      if (message.type() === 'error') this.#problems.push(message.text());
    });
  }

  /** Opens a page, and waits until it answers calls. */
  async open(url: string): Promise<TestPage> {
    const page = await this.#context.newPage();
    page.on('crash', () => this.#problems.push(`The page ${url} crashed.`));
    await load(page, url);
    return new TestPage(page);
  }

  /** As a person allows a site something: `background-sync`. */
  grant(...permissions: readonly string[]): Promise<void> {
    return this.#context.grantPermissions([...permissions]);
  }

  /** Takes the network from its pages and workers. Sockets that are open stall, and no more open. */
  setOffline(offline: boolean): Promise<void> {
    return this.#context.setOffline(offline);
  }

  /** Errors that no page caught, or wrote to its console, since the last call. */
  takeProblems(): readonly string[] {
    return this.#problems.splice(0);
  }

  /** Ends its pages. @throws Error when a page had a problem that nobody took */
  async close(): Promise<void> {
    await this.#context.close();
    this.checkProblems();
  }

  /** @throws Error when a page had a problem that nobody took */
  checkProblems(): void {
    const problems = this.takeProblems();
    if (problems.length > 0) throw new Error(`Problems in a page:\n${problems.join('\n')}`);
  }
}

async function load(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForFunction('globalThis.answerCall !== undefined');
}
