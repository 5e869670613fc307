import { MnemeshError } from '@mnemesh/protocol';
import * as v from 'valibot';
import type { Embedder } from './embedder.js';

/** Texts of one request: what common servers take. */
const BATCH_TEXTS = 64;
/** Characters of one text: models read a few thousand tokens. */
const TEXT_CHARS = 8_000;

/** The part of `fetch` that is used; handed in where the platform has none, or for a test. */
export type Fetch = (
  url: string,
  init: {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
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
  readonly fetch?: Fetch;
}

const answerSchema = v.object({
  data: v.array(
    v.object({ index: v.number(), embedding: v.pipe(v.array(v.number()), v.minLength(1)) }),
  ),
});

/** Any server that speaks the embeddings call of the OpenAI API. Texts leave this device for `url`. */
export function httpEmbedder({ url, model, apiKey, fetch }: HttpEmbedderOptions): Embedder {
  const call = fetch ?? (globalThis as unknown as { readonly fetch: Fetch }).fetch;
  const address = `${url.replace(/\/+$/, '')}/embeddings`;
  const headers = {
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  const embedSome = async (texts: readonly string[]): Promise<readonly Float32Array[]> => {
    const input = texts.map((text) => text.slice(0, TEXT_CHARS));
    const body = await post(call, address, headers, JSON.stringify({ model, input }));
    return vectorsOf(body, texts.length, address);
  };
  return {
    id: `${url} ${model}`,
    embed: async (texts) => {
      const vectors: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += BATCH_TEXTS)
        vectors.push(...(await embedSome(texts.slice(from, from + BATCH_TEXTS))));
      return vectors;
    },
  };
}

async function post(
  call: Fetch,
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string> {
  let answer: Awaited<ReturnType<Fetch>>;
  try {
    answer = await call(address, { method: 'POST', headers, body });
  } catch (error) {
    const message = `${address} was not reached. Is the embedder running?`;
    throw new MnemeshError('offline', message, { retryable: true, cause: error });
  }
  const text = await answer.text();
  if (answer.ok) return text;
  throw new MnemeshError(
    answer.status === 401 || answer.status === 403 ? 'not_permitted' : 'bad_input',
    `${address} answered ${answer.status}: ${text.slice(0, 200)}`,
    { retryable: answer.status === 429 || answer.status >= 500 },
  );
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
