export { AttachedClient, type AttachOptions, type Held, type Joined } from './attached-client.js';
export { loadEditor } from './attached-editors.js';
export { attachedMesh } from './attached-mesh.js';
export type { Channel, ChannelOptions, OpenChannel } from './channel.js';
export { Holder, type HolderOptions } from './holder.js';
export { HolderConnection } from './holder-connection.js';
export { type HolderLimits, holderLimits } from './holder-limits.js';
export type {
  IntendedChange,
  IntendedCreation,
  Intent,
  Intents,
  KeptIntent,
  LeftCall,
} from './intents.js';
export { localChannels } from './local-channel.js';
export {
  type GuestMessage,
  type HelloMessage,
  HOLDER_PROTOCOL,
  type HolderReport,
  holderNamed,
  parseHolderMessage,
} from './messages.js';
export { isFinal } from './promised-write.js';
export type { StandIn } from './stand-in.js';
