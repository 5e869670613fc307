import * as v from 'valibot';

/** As `mnemesh invite` prints it. */
const PREFIX = 'mnemesh-join.';

const schema = v.object({
  mesh: v.string(),
  secret: v.pipe(v.string(), v.minLength(1)),
  signaling: v.optional(v.array(v.string())),
});

export type JoinCode = v.InferOutput<typeof schema>;

/** Undefined for what is no such code. */
export function readJoinCode(text: string): JoinCode | undefined {
  const bare = text.replace(/\s+/g, '');
  if (!bare.startsWith(PREFIX)) return undefined;
  try {
    const base64 = bare.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const read = v.safeParse(schema, JSON.parse(new TextDecoder().decode(bytes)));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}

export function writeJoinCode(code: JoinCode): string {
  const bytes = new TextEncoder().encode(JSON.stringify(code));
  const base64 = btoa(String.fromCharCode(...bytes));
  return PREFIX + base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
