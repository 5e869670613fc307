/** One change to a built file: what is found there, and what is put in its place. */
export interface Edit {
  /** End of the file's path. */
  readonly file: string;
  readonly find: RegExp;
  readonly replace: string;
}

/**
 * Faults that the simulation must catch: each one breaks the shipped code in one place, as a careless
 * change would. A fault whose place is not found any more fails the run that plants it.
 */
export const plantedFaults: Readonly<Record<string, readonly Edit[]>> = {
  'topics-forget-what-was-shown': [
    {
      file: 'core/dist/records/topics.js',
      find: /if \(context\.size <= CONTEXT_SESSIONS\)\s+return context;/,
      replace: 'return new Map();',
    },
  ],
  'tombstone-lets-go-of-the-chain': [
    {
      file: 'core/dist/collections/memory-collection.js',
      find: /const kept = tombstoneData\([^;]*\);/,
      replace: 'const kept = { topics: [], supersedes: [] };',
    },
  ],
  'ack-before-flush': [
    {
      file: 'relay/dist/group-commit.js',
      find: /const \{ first \} = await log\.append\(\{([\s\S]*?)\n( +)\}\);/,
      replace: 'const first = states.head + 1;\n$2log.append({$1\n$2}).catch(() => undefined);',
    },
  ],
  'cursor-from-an-uncommitted-number': [
    {
      file: 'core/dist/sync/relay-link.js',
      find: /this\.#exchange\.forwarded\(place, number, (state)\);/,
      replace:
        '{ this.#exchange.forwarded(place, number, $1); const { key } = this.#owner.subscription; await this.#knowledge.advance(this.#cursorAt(this.#incarnation, (this.#knowledge.cursor(key)?.number ?? 0) + 1), []); }',
    },
    {
      // Numbers that were given out before they were committed must be taken back as cursors, too,
      file: 'relay/dist/update-log.js',
      find: /cursor\.number < next\.first/,
      replace: 'cursor.number < next.first + 10',
    },
    {
      // and a group that waits longer gives a crash the time to come before its commit.
      file: 'relay/dist/relay-limits.js',
      find: /groupDelayMs: 2,/,
      replace: 'groupDelayMs: 300,',
    },
  ],
  'latest-claim-holds': [
    {
      file: 'core/dist/tasks/claims.js',
      find: /return a\.clock - b\.clock;/,
      replace: 'return b.clock - a.clock;',
    },
  ],
  'incarnation-not-checked': [
    {
      file: 'relay/dist/update-log.js',
      find: /(export function isCursorValid\(([^)]*)\) \{)/,
      replace: '$1 return arguments[1].number <= arguments[0].head;',
    },
  ],
  'copied-store-not-noticed': [
    {
      file: 'relay/dist/mesh-hub.js',
      find: /if \(last !== undefined && opening\.counter < last\.counter\)\s+return false;\s+if \(last !== undefined && opening\.counter === last\.counter\)\s+return [^;]+;/,
      replace: '',
    },
    {
      file: 'relay/dist/mesh-hub.js',
      find: /other\.superseded\(serves\.nonce\);/,
      replace: 'void 0;',
    },
  ],
  'compaction-deletes-first': [
    {
      file: 'core/dist/documents/segment.js',
      find: /(await journal\.commit\(\{\s*snapshots:[\s\S]*?\}\);)\s*(await journal\.commit\(\{ prune:[\s\S]*?\}\);)/,
      replace: '$2\n$1',
    },
    {
      // The store's port refuses it, so the careless change must have removed that check too.
      file: 'testing/dist/replica-tables.js',
      find: /(for \(const \{ guid, through \} of batch\.prune \?\? \[\]\) \{\s*if \()through > /,
      replace: '$1false && through > ',
    },
  ],
  'client-id-reused': [
    {
      file: 'core/dist/identity.js',
      find: /(export function freshClientId\(runtime\) \{)/,
      replace:
        '$1 return [...runtime.name].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) % 2 ** 40, 7);',
    },
  ],
  'no-sweep': [
    {
      file: 'core/dist/documents/segment.js',
      find: /(\n {4}#planSweep\(\) \{)/,
      replace: '$1 return;',
    },
  ],
  'context-of-heads-only': [
    {
      file: 'protocol/dist/causality.js',
      find: /for \(const \[session, clock\] of value\.context\)\s+if \(clock < value\.clock\)\s+raise\(into, session, clock\);/,
      replace: '',
    },
  ],
  'version-not-bound-to-its-author': [
    {
      file: 'protocol/dist/envelope.js',
      find: /concatBytes\(\[Uint8Array\.of\(0\), segmentContext, agentKey, envelope\]\)/,
      replace: 'concatBytes([Uint8Array.of(0), segmentContext, envelope])',
    },
    {
      // Without the binding this comparison names whichever agent was seen last, and nothing settles.
      file: 'segment/dist/element-set.js',
      find: /copy\?\.versions\.get\(entry\.commit\.agent\) === version \? copy\.body : undefined/,
      replace: 'copy?.body',
    },
  ],
  'no-dedup': [
    {
      file: 'relay/dist/mesh-hub.js',
      find: /if \(holdsAll\(document\.held, content\)\)\s+return \{ kind: 'repeated' \};/,
      replace: '',
    },
  ],
  'gap-counted-as-known': [
    {
      file: 'relay/dist/mesh-hub.js',
      find: /if \(!followsOn\(document\.held, content\)\)\s+return [^;]+;/,
      replace: '',
    },
  ],
  'backfill-resumes-at-the-wrong-segment': [
    {
      file: 'core/dist/sync/relay-knowledge.js',
      find: /of stored\.awaited\)/,
      replace: 'of stored.awaited.slice(1))',
    },
  ],
  'merging-reorders': [
    {
      file: 'core/dist/sync/inbox.js',
      find: /return \{ pushes: this\.#runOf\(frame\) \};/,
      replace:
        '{ const pushes = this.#runOf(frame); const ack = this.#ahead[0]?.frame; if (pushes.length > 1 || ack?.type !== "durable") return { pushes }; this.#ahead[0] = { frame }; return { frame: ack }; }',
    },
  ],
  'compaction-races-a-push': [
    {
      file: 'relay/dist/folding.js',
      find: /through: stored\.last \}/,
      replace: 'through: states.heads.get(guid).last }',
    },
  ],
  'unload-races-a-load': [
    {
      file: 'core/dist/documents/segments.js',
      find: /segment\?\.idle !== true \|\| this\.#users\.has\(guid\) \|\| /,
      replace: 'segment === undefined || ',
    },
  ],
  'no-put-back': [
    {
      file: 'core/dist/documents/segment.js',
      find: /(async putBack\(\) \{)/,
      replace: '$1 return;',
    },
  ],
};
