export {
  type SignalingHost,
  type SignalingHostOptions,
  serveSignaling,
} from './serve-signaling.js';
export { type SignalingLimits, signalingLimits } from './signaling-limits.js';
export {
  type SignalingCounters,
  SignalingServer,
  type SignalingServerOptions,
  type SignalingStatus,
} from './signaling-server.js';
