export type { SocketClass, SocketLike } from './socket.js';
export { type WebsocketTransportOptions, websocketTransport } from './websocket-transport.js';
