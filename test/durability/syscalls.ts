/** One system call of a traced process. Moments are line numbers of the trace, which is in order. */
export interface Syscall {
  readonly name: string;
  /** Path or socket behind its first argument, a file descriptor. */
  readonly target: string;
  /** Bytes it wrote or read, as far as the kernel took or gave them. */
  readonly data: Buffer;
  readonly result: number;
  readonly began: number;
  readonly ended: number;
}

/** `strace` as these parsers read it: threads followed, descriptors by name, all bytes in hex. */
export function straceCommand(output: string): readonly string[] {
  const calls = [
    ...['read', 'write', 'writev', 'sendto', 'sendmsg'],
    ...['pwrite64', 'pwritev', 'pwritev2', 'fsync', 'fdatasync'],
  ];
  const shown = ['-f', '-yy', '-xx', '-s', '1048576'];
  return ['strace', ...shown, '--seccomp-bpf', '-e', `trace=${calls.join()}`, '-o', output];
}

const LINE = /^(\d+) +(.*)$/;
const UNFINISHED = / <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. \w+ resumed>/;
const CALL = /^(\w+)\(\d+<((?:->|[^>"])*)>(.*)\) += (-?\d+)/;
const QUOTED = /"((?:\\x[0-9a-f]{2})*)"/g;

/** Every finished call on a descriptor, in the order in which they began. */
export function parseTrace(trace: string): readonly Syscall[] {
  const begun = new Map<string, { readonly text: string; readonly began: number }>();
  const calls: Syscall[] = [];
  trace.split('\n').forEach((line, moment) => {
    const [, thread, text] = LINE.exec(line) ?? [];
    if (thread === undefined || text === undefined) return;
    if (UNFINISHED.test(text)) {
      begun.set(thread, { text: text.replace(UNFINISHED, ''), began: moment });
      return;
    }
    const start = RESUMED.test(text) ? begun.get(thread) : undefined;
    const whole = start === undefined ? text : start.text + text.replace(RESUMED, '');
    const call = parseCall(whole, start?.began ?? moment, moment);
    if (call !== undefined) calls.push(call);
  });
  return calls.sort((a, b) => a.began - b.began);
}

function parseCall(text: string, began: number, ended: number): Syscall | undefined {
  const [, name, target, rest, result] = CALL.exec(text) ?? [];
  if (name === undefined || target === undefined || rest === undefined) return undefined;
  const bytes = Buffer.concat([...rest.matchAll(QUOTED)].map(([, hex]) => fromHex(hex as string)));
  const taken = Math.max(0, Number(result));
  return {
    name,
    target: target.startsWith('\\x') ? fromHex(target).toString() : target,
    data: bytes.subarray(0, taken),
    result: Number(result),
    began,
    ended,
  };
}

function fromHex(escaped: string): Buffer {
  return Buffer.from(escaped.replaceAll('\\x', ''), 'hex');
}
