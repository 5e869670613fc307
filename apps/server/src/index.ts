export { consoleFiles } from '@mnemesh/console';
export type { McpOptions } from './mcp-route.js';
export { type ServeOptions, type Server, serve } from './serve.js';
