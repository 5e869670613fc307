/** Characters of a text that is taken apart again: no more than a person could have been given. */
const TEXT_CHARS = 40_000;

/** Raw deflate, by the platform: an offer becomes half as long, and its QR code as many lines shorter. */
export async function deflate(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @returns undefined for what is not deflated, or too long */
export async function inflate(bytes: Uint8Array): Promise<string | undefined> {
  const copy = new Uint8Array(bytes);
  const stream = new Blob([copy]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
      if (text.length > TEXT_CHARS) {
        await reader.cancel();
        return undefined;
      }
    }
  } catch {
    return undefined;
  }
}
