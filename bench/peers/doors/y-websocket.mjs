export { WebSocket } from 'ws';
export { WebsocketProvider } from 'y-websocket';
export * as Y from 'yjs';
