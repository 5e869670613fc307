export { type HolderFinding, inspectHolder, orderOffline } from './inspect-holder.js';
export { type HeldReplica, holdReplica, openShared, type SharedOptions } from './open-shared.js';
export { type SocketPlace, socketPlace } from './socket-place.js';
