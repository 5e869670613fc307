import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

test('packages and their carriers load one copy of Yjs and lib0', async () => {
  const complaints = vi.spyOn(console, 'error');
  await import('@mnemesh/segment');
  await import('@mnemesh/core');
  await import('@mnemesh/relay');
  await import('@mnemesh/transport-websocket');
  const { WebsocketProvider } = await import('y-websocket');
  const { Awareness } = await import('y-protocols/awareness');
  const { Doc } = await import('yjs');
  const { Observable, ObservableV2 } = await import('lib0/observable');

  // Yjs prints an error when a second copy of it is loaded.
  expect(complaints.mock.calls.flat().join(' ')).not.toContain('Yjs was already imported');
  expect(Doc.prototype).toBeInstanceOf(ObservableV2);
  expect(WebsocketProvider.prototype).toBeInstanceOf(ObservableV2);
  expect(Awareness.prototype).toBeInstanceOf(Observable);
});
