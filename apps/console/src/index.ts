/** Directory of the console's built files, for whoever serves them. It is empty until the console is built. */
export const consoleFiles: URL = new URL('../dist/web/', import.meta.url);
