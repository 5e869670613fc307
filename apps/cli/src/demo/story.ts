import { Terminal } from '../command-line/terminal.js';

/** Prints the demo as it happens, and remembers what did not hold. */
export class Story {
  readonly #terminal = new Terminal({
    out: process.stdout,
    err: process.stderr,
    json: false,
    env: process.env,
  });
  readonly #began = performance.now();
  #steps = 0;
  #failures = 0;
  #checks = 0;

  get failures(): number {
    return this.#failures;
  }

  step(title: string): void {
    this.#steps += 1;
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1);
    this.#terminal.print('');
    this.#terminal.print(
      `${this.#terminal.paint('bold', `${this.#steps}. ${title}`)}  ${this.#terminal.paint('dim', `${seconds} s`)}`,
    );
  }

  say(text: string): void {
    this.#terminal.print(`   ${text}`);
  }

  /** Something that must hold for the demo to have worked. */
  check(holds: boolean, text: string): void {
    this.#checks += 1;
    if (!holds) this.#failures += 1;
    const mark = holds
      ? this.#terminal.paint('green', '✓')
      : this.#terminal.paint('red', '✗ FAILED');
    this.#terminal.print(` ${mark} ${text}`);
  }

  end(): void {
    const text = `${this.#checks - this.#failures} of ${this.#checks} checks held`;
    this.#terminal.print('');
    this.#terminal.print(this.#terminal.paint(this.#failures === 0 ? 'green' : 'red', text));
  }
}
