import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Ending, httpEmbedder } from '../src/index.js';
import { openTeam } from './team.js';

const runtime = nodeRuntime();

interface Asked {
  readonly path: string | undefined;
  readonly key: string | undefined;
  readonly model: string;
  readonly input: readonly string[];
}

/** Waits before another try are over at once; answers have all the time they need. */
const eager = {
  after: (ms: number, run: () => void) => runtime.after(ms > 1_000 ? ms : 0, run),
};

/** Time passes at once: every answer is late. */
const hurried = {
  after: (_ms: number, run: () => void) => {
    const timer = setImmediate(run);
    return () => clearImmediate(timer);
  },
};

/** A server that speaks the embeddings call. Texts of one subject get nearly one vector, whatever their words. */
async function startServer(answer?: (asked: Asked) => { status: number; body: string }) {
  const asked: Asked[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const { model, input } = JSON.parse(await text(request)) as Pick<Asked, 'model' | 'input'>;
    const one = { path: request.url, key: request.headers.authorization, model, input };
    asked.push(one);
    const { status, body } = answer?.(one) ?? { status: 200, body: vectorsFor(input) };
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/` };
}

function vectorsFor(input: readonly string[]): string {
  const data = input.map((one, index) => ({
    index,
    embedding: /car|automobile|vehicle/.test(one) ? [1, 0.1, 0] : [0, 1, index / 100],
  }));
  // Servers may answer in any order.
  return JSON.stringify({ data: data.reverse() });
}

describe('an embedder over HTTP', () => {
  it('asks as the OpenAI API is asked, and keeps the order of the texts', async () => {
    const { asked, url } = await startServer();
    const embedder = httpEmbedder({ url, runtime, model: 'small', apiKey: 'k' });
    const vectors = await embedder.embed(['a vehicle', 'a meadow']);
    expect(vectors.map((vector) => Math.round(vector[0] as number))).toEqual([1, 0]);
    expect(asked).toEqual([
      { path: '/v1/embeddings', key: 'Bearer k', model: 'small', input: ['a vehicle', 'a meadow'] },
    ]);
  });

  it('asks for many texts in several requests', async () => {
    const { asked, url } = await startServer();
    const vectors = await httpEmbedder({ url, runtime, model: 'small' }).embed(
      Array(150).fill('a car'),
    );
    expect(vectors).toHaveLength(150);
    expect(asked.map(({ input }) => input.length)).toEqual([64, 64, 22]);
  });

  it.each([
    ['refuses the key', 401, 'no', { code: 'not_permitted', retryable: false }],
    ['is busy', 503, 'later', { code: 'bad_input', retryable: true }],
    ['answers something else', 200, '{"data":[]}', { code: 'bad_input', retryable: false }],
    ['answers no JSON', 200, '<html>', { code: 'bad_input', retryable: false }],
  ])('tells that the server %s', async (_what, status, body, error) => {
    const { url } = await startServer(() => ({ status, body }));
    const embedding = httpEmbedder({ url, runtime, model: 'small' }).embed(['a car']);
    await expect(embedding).rejects.toMatchObject(error);
  });

  it('tries again what may be better later, and no more than three times', async () => {
    let left = 2;
    const { asked, url } = await startServer(({ input }) => {
      left -= 1;
      return left < 0
        ? { status: 200, body: vectorsFor(input) }
        : { status: 503, body: 'loading the model' };
    });
    const embedder = httpEmbedder({ url, runtime: eager, model: 'small' });
    expect(await embedder.embed(['a car'])).toHaveLength(1);
    expect(asked).toHaveLength(3);
    left = 100;
    await expect(embedder.embed(['a car'])).rejects.toMatchObject({ retryable: true });
    expect(asked).toHaveLength(6);
    await expect(embedder.embed(['a car'], { urgent: true })).rejects.toThrow();
    expect(asked).toHaveLength(7);
  });

  it('gives up a server that does not answer, and when nobody waits any more', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v1`;
    const late = httpEmbedder({ url, runtime: hurried, model: 'small' });
    await expect(late.embed(['a car'])).rejects.toThrow(/gave no answer within/);
    const until = new Ending();
    const given = httpEmbedder({ url, runtime, model: 'small' }).embed(['a car'], { until });
    until.end();
    await expect(given).rejects.toMatchObject({ code: 'offline', retryable: false });
  });

  it('tells that there is no server', async () => {
    const embedding = httpEmbedder({ url: 'http://127.0.0.1:1/v1', runtime, model: 'small' }).embed(
      ['a'],
    );
    await expect(embedding).rejects.toMatchObject({ code: 'offline', retryable: true });
  });
});

describe('recall with an embedder', () => {
  it('finds what shares no word with the query, and says why', async () => {
    const { asked, url } = await startServer();
    const [ana, bo] = await openTeam({ embedder: httpEmbedder({ url, runtime, model: 'small' }) });
    const item = await ana.memory.create({ content: 'Her automobile is parked outside.' });
    await ana.memory.create({ content: 'The meadow is green.' });
    const { hits } = await bo.recall('which car does she drive?');
    expect(hits[0]).toMatchObject({ id: item.id, why: 'similar in meaning' });
    const before = asked.length;
    await bo.recall('which car does she drive?');
    // The texts are embedded once; only the query is asked for again.
    expect(asked.slice(before).map(({ input }) => input)).toEqual([['which car does she drive?']]);
  });

  it('[DL] does not find by its vector what was forgotten', async () => {
    const { url } = await startServer();
    const [ana, bo] = await openTeam({ embedder: httpEmbedder({ url, runtime, model: 'small' }) });
    const item = await ana.memory.create({ content: 'Her automobile is parked outside.' });
    expect((await bo.recall('a vehicle')).hits).toHaveLength(1);
    await ana.memory.forget(item.id);
    expect((await bo.recall('a vehicle')).hits).toEqual([]);
  });

  it('goes on by words alone when the embedder fails', async () => {
    const { url } = await startServer(() => ({ status: 500, body: 'broken' }));
    const [ana, bo] = await openTeam({ embedder: httpEmbedder({ url, runtime, model: 'small' }) });
    await ana.memory.create({ content: 'The meadow is green.' });
    const { hits, note } = await bo.recall('the green meadow');
    expect(hits).toHaveLength(1);
    expect(note).toMatch(/^Ranked by words alone: .* answered 500/);
  });
});
