import { MnemeshError } from '@mnemesh/protocol';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { describe, expect, test } from 'vitest';
import { ManualRuntime } from './manual-runtime.js';

async function addressOf(url: string): Promise<string> {
  const transport = websocketTransport({ url, runtime: new ManualRuntime() });
  await transport.close();
  return transport.address;
}

describe('the address of a relay, as people type it', () => {
  test.each([
    ['ws://127.0.0.1:7700', 'ws://127.0.0.1:7700'],
    ['ws://127.0.0.1:7700/', 'ws://127.0.0.1:7700'],
    ['ws://127.0.0.1:7700/mesh', 'ws://127.0.0.1:7700'],
    ['http://127.0.0.1:7700', 'ws://127.0.0.1:7700'],
    ['https://relay.example', 'wss://relay.example'],
    ['wss://relay.example/team/', 'wss://relay.example/team'],
    ['wss://relay.example/team/mesh/', 'wss://relay.example/team'],
    ['HTTP://Relay.Example:80', 'ws://relay.example'],
    ['localhost:7701', 'ws://localhost:7701'],
    ['  localhost:7701  ', 'ws://localhost:7701'],
    ['localhost:80', 'ws://localhost'],
    ['relay', 'ws://relay:7700'],
    ['[::1]:7700', 'ws://[::1]:7700'],
    ['[::1]', 'ws://[::1]:7700'],
  ])('%s is reached at %s', async (typed, address) => {
    expect(await addressOf(typed)).toBe(address);
  });

  test.each([
    ['', 'host'],
    ['   ', 'host'],
    ['ws://', 'host'],
    ['ws://host:99999', 'host'],
    ['host:port', 'host'],
    ['ftp://host:21', 'ftp://'],
    ['file:///etc/passwd', 'host'],
    ['ws://me:secret@host:1', 'logs'],
    ['ws://host:1?token=secret', '?'],
    ['ws://host:1#a', '#'],
    ['two words', 'host'],
  ])('"%s" is refused with advice', (typed, advice) => {
    try {
      websocketTransport({ url: typed, runtime: new ManualRuntime() });
    } catch (error) {
      expect(error).toBeInstanceOf(MnemeshError);
      expect(error).toMatchObject({ code: 'bad_input' });
      expect((error as MnemeshError).message).toContain(advice);
      expect((error as MnemeshError).message).toContain('ws://127.0.0.1:7700');
      return;
    }
    expect.unreachable('the address was accepted');
  });
});
