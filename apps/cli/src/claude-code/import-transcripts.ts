import { basename } from 'node:path';
import type { Conversations } from '@mnemesh/core';
import { folderFiles, isFolder } from '../imports/folder-files.js';
import { readLines } from '../imports/read-source.js';
import { type Counts, importSession } from './import-session.js';

const EXTENSION = '.jsonl';

export interface TranscriptsReport {
  readonly files: number;
  /** Files in which something was said or done, each a conversation. */
  readonly conversations: number;
  /** Lines that are not blank. */
  readonly lines: number;
  readonly events: number;
  /** Records that were not here before. */
  readonly created: number;
  /** Conversations that got another title. */
  readonly updated: number;
  readonly unchanged: number;
  /** Records that somebody forgot; they stay so. */
  readonly forgotten: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** Lines of kinds that say nothing of the conversation: how many of each type. */
  readonly other: { readonly [type: string]: number };
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly bad: readonly {
    readonly path: string;
    readonly line: number;
    readonly reason: string;
  }[];
}

export interface TranscriptsOptions {
  /** What ids are derived from beside the sessions' own; default `claude-code`. */
  readonly source?: string;
  readonly onProgress?: (files: number, of: number, events: number) => void;
}

/**
 * Brings transcripts of Claude Code into `conversations`: each session, and each of its helpers, a
 * conversation; each message, call and result an event, with its tokens and cost. Events are written
 * once, so that importing a session again that went on adds what is new.
 * @param place a file, a folder, or `-` for standard input
 * @throws MnemeshError `bad_input` for what cannot be read
 */
export async function importTranscripts(
  conversations: Conversations,
  place: string,
  { source = 'claude-code', onProgress = () => undefined }: TranscriptsOptions = {},
): Promise<TranscriptsReport> {
  const { files, skipped } =
    place !== '-' && (await isFolder(place))
      ? await folderFiles(place, new Set([EXTENSION]))
      : { files: [{ path: place, place }], skipped: [] };
  const counts: Counts = {
    lines: 0,
    events: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    forgotten: 0,
    tokensIn: 0,
    tokensOut: 0,
    other: new Map(),
  };
  const bad: { path: string; line: number; reason: string }[] = [];
  let found = 0;
  for (const [i, file] of files.entries()) {
    const hasEvents = await readLines(file.place, (lines) =>
      importSession(conversations, lines, {
        source,
        stem: place === '-' ? undefined : basename(file.place, EXTENSION),
        counts,
        onBad: (line, reason) => bad.push({ path: file.path, line, reason }),
        onProgress: () => onProgress(i, files.length, counts.events),
      }),
    );
    if (hasEvents) found += 1;
    onProgress(i + 1, files.length, counts.events);
  }
  return {
    files: files.length,
    conversations: found,
    ...counts,
    other: Object.fromEntries([...counts.other].sort(([a], [b]) => (a < b ? -1 : 1))),
    skipped,
    bad: bad.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1)),
  };
}
