/** Characters of an agent's name. */
const NAME_CHARS = 64;

/**
 * The name of the agent that a client acts as, made of what it called itself: `Claude Code` becomes
 * `claude-code`. Every session of one client on one device is the same agent, with one key.
 */
export function agentOfClient(client: string): string {
  const name = client
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._@-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, NAME_CHARS)
    .toLowerCase();
  return name === '' ? 'mcp-client' : name;
}
