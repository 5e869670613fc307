export type { Held } from './attached-client.js';
export { Holder, type HolderOptions } from './holder.js';
export { type HolderLimits, holderLimits } from './holder-limits.js';
export { type HolderFinding, inspectHolder, orderOffline } from './inspect-holder.js';
export { HOLDER_PROTOCOL, type HolderReport } from './messages.js';
export { type HeldReplica, holdReplica, openShared, type SharedOptions } from './open-shared.js';
export { type SocketPlace, socketPlace } from './socket-place.js';
