const PREFIX = 'mnemesh.console.offline/';

/** Whether this mesh was set offline in this browser. */
export function isSwitchedOffline(storage: Storage, mesh: string): boolean {
  return storage.getItem(PREFIX + mesh) !== null;
}

/** Kept until it is switched again: a reload, or a restart of the browser, sends nothing behind a person's back. */
export function switchOffline(storage: Storage, mesh: string, offline: boolean): void {
  if (offline) storage.setItem(PREFIX + mesh, 'yes');
  else storage.removeItem(PREFIX + mesh);
}
