import { type Server, serve } from '@mnemesh/server';
import { answerRequests } from './child.js';

export interface RelayRequest {
  readonly kind: 'serve';
  readonly data: string;
}
export interface Serving {
  readonly url: string;
}

let server: Server | undefined;

answerRequests(
  async ({ data }: RelayRequest): Promise<Serving> => {
    server = await serve({ host: '127.0.0.1', port: 0, data });
    return { url: server.url };
  },
  async () => server?.close(),
);
