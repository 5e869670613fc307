export { HOLDER_PROTOCOL } from '@mnemesh/holder';
export { keyPath } from './agent-keys.js';
export { cappedLog, LOG_BYTES } from './capped-log.js';
export { CONFIG_FILE, type ConfigFile, findConfigFile } from './config-file.js';
export { findHolder, tellHoldersOffline } from './held-replicas.js';
export { type HeldMesh, type HoldOptions, holdMesh } from './hold-mesh.js';
export { inspectStore } from './inspect-store.js';
export { isSwitchedOffline, switchOffline } from './offline-switch.js';
export {
  explainMesh,
  type HolderChoice,
  type OpenMeshOptions,
  openAgent,
  openMesh,
  openSettings,
} from './open-mesh.js';
export {
  type PeerSettings,
  peerSettingsPath,
  readPeerSettings,
  writePeerSettings,
} from './peer-settings.js';
export { replicaDirectory } from './replica-directory.js';
export {
  checkSettings,
  type Explanation,
  explainSettings,
  type MeshOptions,
  type Setting,
  type SettingName,
  type SettingSources,
  type Settings,
  settingNames,
} from './settings.js';
export { type HolderSettings, holderFile } from './shared-replica.js';
export { startHolder } from './start-holder.js';
export { ownSurroundings, type Surroundings } from './surroundings.js';
export { VERSION } from './version.js';
