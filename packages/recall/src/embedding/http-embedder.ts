import { type Cancel, MnemeshError, type Runtime } from '@mnemesh/protocol';
import * as v from 'valibot';
import type { Embedder, EmbedOptions } from './embedder.js';
import type { Ending } from './ending.js';

/** Texts of one request: what common servers take. */
export const BATCH_TEXTS = 64;
/** Characters of one text: models read a few thousand tokens. */
const TEXT_CHARS = 8_000;
/** Milliseconds that one request may take. A model on a small machine embeds a batch in some seconds. */
const REQUEST_MS = 30_000;
/** Likewise, when somebody waits for a recall. */
const URGENT_MS = 2_000;
/** Times that a request is sent. */
const ATTEMPTS = 3;
/** Milliseconds before the second attempt; each further one waits twice as long. */
const RETRY_MS = 500;

/** The part of `fetch` that is used; handed in where the platform has none, or for a test. */
export type Fetch = (
  url: string,
  init: {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly signal: unknown;
  },
) => Promise<{
  readonly ok: boolean;
  readonly status: number;
  text(): Promise<string>;
}>;

export interface HttpEmbedderOptions {
  /** Where `/embeddings` is: `http://127.0.0.1:11434/v1`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
  readonly runtime: Pick<Runtime, 'after'>;
  readonly fetch?: Fetch;
}

const answerSchema = v.object({
  data: v.array(
    v.object({ index: v.number(), embedding: v.pipe(v.array(v.number()), v.minLength(1)) }),
  ),
});

/** What every platform has, and the language's own types do not name. */
const platform = globalThis as unknown as {
  readonly fetch: Fetch;
  readonly AbortController: new () => { readonly signal: unknown; abort(): void };
};

/** Any server that speaks the embeddings call of the OpenAI API. Texts leave this device for `url`. */
export function httpEmbedder(options: HttpEmbedderOptions): Embedder {
  const { url, model } = options;
  const endpoint = new Endpoint(options);
  return {
    id: `${url} ${model}`,
    embed: async (texts, how = {}) => {
      const vectors: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += BATCH_TEXTS)
        vectors.push(...(await endpoint.embed(texts.slice(from, from + BATCH_TEXTS), how)));
      return vectors;
    },
  };
}

class Endpoint {
  readonly #address: string;
  readonly #model: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #runtime: Pick<Runtime, 'after'>;
  readonly #fetch: Fetch;

  constructor({ url, model, apiKey, runtime, fetch = platform.fetch }: HttpEmbedderOptions) {
    this.#address = `${url.replace(/\/+$/, '')}/embeddings`;
    this.#model = model;
    this.#headers = {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    this.#runtime = runtime;
    this.#fetch = fetch;
  }

  async embed(
    texts: readonly string[],
    { urgent = false, until }: EmbedOptions,
  ): Promise<readonly Float32Array[]> {
    const input = texts.map((text) => text.slice(0, TEXT_CHARS));
    const body = JSON.stringify({ model: this.#model, input });
    const attempts = urgent ? 1 : ATTEMPTS;
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#post(body, urgent ? URGENT_MS : REQUEST_MS, until);
        return vectorsOf(answer, texts.length, this.#address);
      } catch (error) {
        const isOver = attempt >= attempts || !(error instanceof MnemeshError) || !error.retryable;
        if (isOver) throw error;
        if ((await this.#waited(RETRY_MS * 2 ** (attempt - 1), until)) === 'given up') throw error;
      }
    }
  }

  async #post(body: string, ms: number, until: Ending | undefined): Promise<string> {
    const controller = new platform.AbortController();
    const asking = this.#ask(body, controller.signal);
    // Whoever gave up does not hear what became of it.
    asking.catch(() => undefined);
    const first = await this.#first(asking, ms, until);
    if (first !== 'late' && first !== 'given up') return first.text;
    controller.abort();
    throw new MnemeshError(
      'offline',
      first === 'late'
        ? `${this.#address} gave no answer within ${ms} ms.`
        : 'The mesh is being closed.',
      { retryable: first === 'late' },
    );
  }

  async #ask(body: string, signal: unknown): Promise<{ readonly text: string }> {
    const { status, ok, text } = await this.#answer(body, signal);
    if (ok) return { text };
    throw new MnemeshError(
      status === 401 || status === 403 ? 'not_permitted' : 'bad_input',
      `${this.#address} answered ${status}: ${text.slice(0, 200)}`,
      { retryable: status === 429 || status >= 500 },
    );
  }

  async #answer(body: string, signal: unknown) {
    try {
      const init = { method: 'POST', headers: this.#headers, body, signal } as const;
      const answer = await this.#fetch(this.#address, init);
      return { status: answer.status, ok: answer.ok, text: await answer.text() };
    } catch (error) {
      const message = `${this.#address} was not reached. Is the embedder running?`;
      throw new MnemeshError('offline', message, { retryable: true, cause: error });
    }
  }

  /** What comes first of an answer, the end of its time, and the end of whoever asks. */
  async #first<T>(
    answer: Promise<T>,
    ms: number,
    until: Ending | undefined,
  ): Promise<T | 'late' | 'given up'> {
    const cancels: (Cancel | undefined)[] = [];
    const other = new Promise<'late' | 'given up'>((resolve) => {
      cancels.push(
        this.#runtime.after(ms, () => resolve('late')),
        until?.onEnd(() => resolve('given up')),
      );
    });
    try {
      return await Promise.race([answer, other]);
    } finally {
      for (const cancel of cancels) cancel?.();
    }
  }

  #waited(ms: number, until: Ending | undefined): Promise<'late' | 'given up'> {
    return this.#first(new Promise<never>(() => undefined), ms, until);
  }
}

function vectorsOf(body: string, count: number, address: string): readonly Float32Array[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), answerSchema), body);
  const data = parsed.success ? [...parsed.output.data].sort((a, b) => a.index - b.index) : [];
  const length = data[0]?.embedding.length;
  if (data.length === count && data.every(({ embedding }) => embedding.length === length))
    return data.map(({ embedding }) => Float32Array.from(embedding));
  throw new MnemeshError(
    'bad_input',
    `${address} gave no vector for each text. Is it an embeddings API?`,
  );
}
