import type { Mesh, TaskNotice } from '@mnemesh/core';
import type { Runtime } from '@mnemesh/protocol';

/** What a tool works with: one MCP session, which acts as one agent. */
export interface ToolSession {
  /**
   * The agent's own session. What is read through it counts as shown to the agent, so a tool reads
   * through it exactly what it answers.
   */
  acting(): Promise<Mesh>;
  /** A session that never writes: for looking at what the agent is not told. */
  watching(): Promise<Mesh>;
  /** What others did to tasks of this session, once. */
  takeNotices(): readonly TaskNotice[];
  readonly runtime: Pick<Runtime, 'now' | 'after' | 'log'>;
}
