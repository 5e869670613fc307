/** Lines around a change that are shown with it. */
const AROUND = 3;

/**
 * What changes in a file, as unified diffs show it. Our changes are in one place, so one hunk from
 * the first to the last line that differs says it.
 */
export function lineDiff(
  path: string,
  before: string | undefined,
  after: string | undefined,
): readonly string[] {
  const old = linesOf(before);
  const fresh = linesOf(after);
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start++;
  let end = 0;
  while (
    end < old.length - start &&
    end < fresh.length - start &&
    old[old.length - 1 - end] === fresh[fresh.length - 1 - end]
  )
    end++;
  const first = Math.max(0, start - AROUND);
  const removed = old.slice(start, old.length - end);
  const added = fresh.slice(start, fresh.length - end);
  const below = old.slice(old.length - end, old.length - end + AROUND);
  const above = old.slice(first, start);
  const count = (part: readonly string[]): number => above.length + part.length + below.length;
  return [
    `--- ${before === undefined ? '(not there)' : path}`,
    `+++ ${after === undefined ? '(taken away)' : path}`,
    `@@ -${first + 1},${count(removed)} +${first + 1},${count(added)} @@`,
    ...above.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...below.map((line) => ` ${line}`),
  ];
}

function linesOf(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  return text.replace(/\n$/, '').split('\n');
}
