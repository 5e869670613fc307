import { MnemeshError } from '@mnemesh/protocol';

/** Port of a relay that was named without scheme and port: what `mnemesh serve` listens on. */
const DEFAULT_PORT = 7700;
/** Room of y-websocket's provider that stands for mesh links; which mesh is said in the first frame. */
export const MESH_ROOM = 'mesh';

const SCHEMES: Readonly<Record<string, string>> = {
  'ws:': 'ws:',
  'wss:': 'wss:',
  'http:': 'ws:',
  'https:': 'wss:',
};

/**
 * The address that y-websocket's provider appends `/mesh` to, from what people type:
 * `ws://host:port`, `https://host/behind/a/proxy`, `host:port`.
 * @throws MnemeshError `bad_input`
 */
export function parseRelayAddress(text: string): string {
  const typed = text.trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed);
  const url = parseUrl(hasScheme ? typed : `ws://${typed}`, text);
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined) {
    throw refuse(text, `A relay is reached by ws:// or wss://, not by ${url.protocol}//.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse(text, 'Leave the user name and password out: addresses end up in logs.');
  }
  if (url.search !== '' || url.hash !== '') {
    throw refuse(text, 'Leave out everything from "?" or "#" on.');
  }
  const host =
    hasScheme || url.port !== '' || namesPort(typed) ? url.host : `${url.host}:${DEFAULT_PORT}`;
  const path = url.pathname.replace(/\/+$/, '').replace(new RegExp(`/${MESH_ROOM}$`), '');
  return `${scheme}//${host}${path}`;
}

/** `host:80` names a port that URL drops, because it is the default of ws. */
function namesPort(typed: string): boolean {
  return /:\d+(\/|$)/.test(typed);
}

function parseUrl(text: string, typed: string): URL {
  try {
    const url = new URL(text);
    if (url.hostname !== '') return url;
  } catch {
    // Falls through: what is wrong is said once, in our words.
  }
  throw refuse(typed, 'Give a host and a port.');
}

function refuse(text: string, advice: string): MnemeshError {
  return new MnemeshError(
    'bad_input',
    `"${text}" is no address of a relay. ${advice} For example: ws://127.0.0.1:${DEFAULT_PORT}`,
  );
}
