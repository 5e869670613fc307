export type { IceServer, RtcStatistics } from './connection.js';
export { webrtcLimits } from './webrtc-limits.js';
export {
  type PeerTransport,
  type WebrtcTransportOptions,
  webrtcTransport,
} from './webrtc-transport.js';
