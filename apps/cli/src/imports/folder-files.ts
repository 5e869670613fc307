import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { MnemeshError } from '@mnemesh/protocol';

/** Files of one import. A folder with more is most likely not the one that was meant. */
const MOST_FILES = 100_000;
/** Folders within folders. */
const MOST_LEVELS = 64;
/** Folders that hold what others made, beside those whose name begins with a dot. */
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules']);

export interface FolderFiles {
  /** In the order of their paths. */
  readonly files: readonly FolderFile[];
  /** What looks like it belongs to the import and is not followed. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

export interface FolderFile {
  /** Relative to the folder, with `/`, in one Unicode form: the same on every system. */
  readonly path: string;
  readonly place: string;
}

/**
 * The files of a folder and of the folders in it that end in one of `extensions`. Symbolic links are
 * not followed: they may lead around in a circle, or out of the folder to what nobody meant to share.
 * @throws MnemeshError `bad_input` for a folder that cannot be read, or with too many files
 */
export async function folderFiles(
  folder: string,
  extensions: ReadonlySet<string>,
): Promise<FolderFiles> {
  const files: FolderFile[] = [];
  const skipped: { path: string; reason: string }[] = [];
  const visit = async (path: string, level: number): Promise<void> => {
    for (const entry of await entriesOf(join(folder, path), path === '')) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      const isMeant = extensions.has(extname(entry.name).toLowerCase());
      if (entry.isDirectory()) {
        if (entry.name.startsWith('.') || LEFT_OUT.has(entry.name)) continue;
        if (level >= MOST_LEVELS)
          skipped.push({ path: below, reason: `lies more than ${MOST_LEVELS} folders deep` });
        else await visit(below, level + 1);
      } else if (entry.isSymbolicLink()) {
        if (isMeant || (await isFolder(join(folder, below))))
          skipped.push({ path: below, reason: 'is a symbolic link, which is not followed' });
      } else if (entry.isFile() && isMeant) {
        files.push({ path: below.normalize('NFC'), place: join(folder, below) });
        if (files.length > MOST_FILES)
          throw new MnemeshError(
            'bad_input',
            `${folder} has more than ${MOST_FILES} files to import. Name a folder in it.`,
          );
      }
    }
  };
  await visit('', 0);
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), skipped };

  async function entriesOf(place: string, isRoot: boolean): Promise<readonly Dirent[]> {
    try {
      return await readdir(place, { withFileTypes: true });
    } catch (error) {
      const { message } = error as Error;
      if (isRoot) throw new MnemeshError('bad_input', `${folder} cannot be read: ${message}.`);
      skipped.push({ path: place, reason: `cannot be read: ${message}` });
      return [];
    }
  }
}

/** False for what is not there, too. */
export function isFolder(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
