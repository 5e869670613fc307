import { join } from 'node:path';
import type { Surroundings } from '@mnemesh/open-mesh';

export const clientNames = ['claude', 'cursor', 'codex', 'vscode'] as const;
export type ClientName = (typeof clientNames)[number];

/** Whose setup it is: everybody's who works on this project, or this person's everywhere. */
export type Scope = 'project' | 'user';

/** Where an MCP client keeps what concerns us. */
export interface ClientFiles {
  readonly title: string;
  readonly config: ConfigPlace;
  /** The file that its model reads when it begins; absent where there is none. */
  readonly instructions?: { readonly path: string; readonly ownFile: boolean };
}

export interface ConfigPlace {
  readonly path: string;
  readonly format: 'json' | 'toml';
  /** The member that holds the servers by their names. */
  readonly servers: 'mcpServers' | 'servers' | 'mcp_servers';
  /** VS Code wants to be told how it is to be reached. */
  readonly typed: boolean;
}

export function clientFiles(name: ClientName, scope: Scope, at: Surroundings): ClientFiles {
  const base = scope === 'project' ? at.directory : at.home;
  const json = (path: string): ConfigPlace => ({
    path,
    format: 'json',
    servers: 'mcpServers',
    typed: false,
  });
  switch (name) {
    case 'claude':
      return {
        title: 'Claude Code',
        config: json(join(base, scope === 'project' ? '.mcp.json' : '.claude.json')),
        instructions: {
          path: join(base, scope === 'project' ? 'CLAUDE.md' : '.claude/CLAUDE.md'),
          ownFile: false,
        },
      };
    case 'cursor':
      return {
        title: 'Cursor',
        config: json(join(base, '.cursor/mcp.json')),
        // Rules for a person are kept in Cursor's own settings.
        ...(scope === 'project'
          ? { instructions: { path: join(base, '.cursor/rules/mnemesh.mdc'), ownFile: true } }
          : {}),
      };
    case 'codex':
      return {
        title: 'Codex',
        config: {
          path: join(base, '.codex/config.toml'),
          format: 'toml',
          servers: 'mcp_servers',
          typed: false,
        },
        instructions: {
          path: join(base, scope === 'project' ? 'AGENTS.md' : '.codex/AGENTS.md'),
          ownFile: false,
        },
      };
    case 'vscode':
      return {
        title: 'VS Code',
        config: {
          path: scope === 'project' ? join(base, '.vscode/mcp.json') : vscodeUserFile(at),
          format: 'json',
          servers: 'servers',
          typed: true,
        },
        ...(scope === 'project'
          ? {
              instructions: { path: join(base, '.github/copilot-instructions.md'), ownFile: false },
            }
          : {}),
      };
  }
}

function vscodeUserFile({ home, env }: Surroundings): string {
  if (process.platform === 'darwin')
    return join(home, 'Library/Application Support/Code/User/mcp.json');
  if (process.platform === 'win32')
    return join(env.APPDATA ?? join(home, 'AppData/Roaming'), 'Code/User/mcp.json');
  return join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'Code/User/mcp.json');
}
