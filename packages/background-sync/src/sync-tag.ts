const PREFIX = 'mnemesh/';

/** The name under which the browser is asked to wake the worker for a mesh. */
export function tagOf(mesh: string): string {
  return PREFIX + mesh;
}

/** The mesh that a tag names, if it is one of ours. */
export function meshOf(tag: string): string | undefined {
  return tag.startsWith(PREFIX) ? tag.slice(PREFIX.length) : undefined;
}
