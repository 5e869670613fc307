import { MnemeshError } from '@mnemesh/protocol';

const SCHEMES: Readonly<Record<string, string>> = {
  'ws:': 'ws:',
  'wss:': 'wss:',
  'http:': 'ws:',
  'https:': 'wss:',
};

/** @throws MnemeshError `bad_input` */
export function parseSignalingAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url === undefined ? undefined : SCHEMES[url.protocol];
  if (url === undefined || scheme === undefined || url.username !== '' || url.hash !== '')
    throw new MnemeshError(
      'bad_input',
      `"${text}" is no address of a signaling server. For example: ws://127.0.0.1:7700/signal`,
    );
  const path = url.pathname === '/' ? '' : url.pathname;
  return `${scheme}//${url.host}${path}${url.search}`;
}
