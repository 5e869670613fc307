export { keyPath } from './agent-keys.js';
export { CONFIG_FILE, type ConfigFile, findConfigFile } from './config-file.js';
export { isSwitchedOffline, switchOffline } from './offline-switch.js';
export {
  explainMesh,
  type OpenMeshOptions,
  openAgent,
  openMesh,
  openSettings,
} from './open-mesh.js';
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
export { ownSurroundings, type Surroundings } from './surroundings.js';
