export { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
export { WebSocket } from 'ws';
export * as Y from 'yjs';
