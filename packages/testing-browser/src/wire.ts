/** Values between a test and its page, as JSON: what the ports speak, so bytes, columns of numbers and maps too. */
export function toWire(value: unknown): string {
  return JSON.stringify({ value }, (_, one) => {
    if (one instanceof Map) return { [MAP]: [...one] };
    return ArrayBuffer.isView(one) ? { [BYTES]: [nameOf(one), toBase64(one)] } : one;
  });
}

export function fromWire(text: string): unknown {
  const { value } = JSON.parse(text, (_, one) => {
    if (one?.[MAP] !== undefined) return new Map(one[MAP]);
    return one?.[BYTES] === undefined ? one : fromBase64(one[BYTES]);
  });
  return value;
}

const MAP = '$map';
const BYTES = '$bytes';

const classes = { Uint8Array, Uint32Array, Float32Array, Float64Array } as const;
type ClassName = keyof typeof classes;

/** Characters made from bytes at once: arguments of one call have a limit. */
const CHUNK = 8192;

function nameOf(view: ArrayBufferView): ClassName {
  const found = Object.entries(classes).find(([, type]) => view instanceof type);
  if (found === undefined) throw new TypeError('Only arrays of numbers travel to a page.');
  return found[0] as ClassName;
}

function toBase64(view: ArrayBufferView): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

function fromBase64([name, base64]: readonly [ClassName, string]): ArrayBufferView {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return name === 'Uint8Array' ? bytes : new classes[name](bytes.buffer);
}
