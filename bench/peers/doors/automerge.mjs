export * as Automerge from '@automerge/automerge';
export { Repo, stringifyAutomergeUrl } from '@automerge/automerge-repo';
export { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket';
