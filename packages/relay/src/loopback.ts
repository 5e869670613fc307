/** Is this a name or address that only this machine can reach? */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

/**
 * May this request open a link? A relay on loopback is open to whoever can reach it, and any web page
 * can, through its reader's browser: so a page must come from this machine too, and the name it used
 * must be this machine's, or a foreign name could be made to point here.
 */
export function isFromThisMachine(headers: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}): boolean {
  const { host, origin } = headers;
  if (host !== undefined && !isLoopback(hostName(`http://${host}`))) return false;
  return origin === undefined || isLoopback(hostName(origin));
}

function hostName(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
