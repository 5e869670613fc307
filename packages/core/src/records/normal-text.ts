/** What two texts have in common that differ only in case, spaces, look-alike signs, and the marks around them. */
export function normalText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .replace(/^[\s"'“”‘’«»]+|[\s"'“”‘’«».!]+$/gu, '');
}
