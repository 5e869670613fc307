export { agentOfClient } from './client-name.js';
export { HttpSessions, type HttpSessionsOptions } from './http-sessions.js';
export { type GraphReport, importGraph } from './knowledge-graph/import-graph.js';
export { mcpLimits } from './mcp-limits.js';
export { createMcpSession, type McpServerOptions, type McpSession } from './mcp-server.js';
export type { McpClient, OpenSession } from './mesh-sessions.js';
export { type ProfileName, profileNames } from './profiles.js';
export { type ServedStdio, type StdioOptions, serveStdio } from './serve-stdio.js';
export { ERROR_META } from './tool-error.js';
