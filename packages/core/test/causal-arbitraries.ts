import type { AgentId, Clock, SessionId, Version } from '@mnemesh/protocol';
import fc from 'fast-check';

/** Few of each, so that clocks tie, agents repeat and values are equal. */
const hex = (digits: number): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: 5 }).map((n) => n.toString(16).repeat(digits));

export const agents = hex(64) as fc.Arbitrary<AgentId>;
export const sessions = hex(16) as fc.Arbitrary<SessionId>;
export const clocks: fc.Arbitrary<Clock> = fc.integer({ min: 1, max: 6 });
export const versions = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as Version);
export const contexts = fc
  .array(fc.tuple(sessions, clocks), { maxLength: 3 })
  .map((entries) => new Map(entries));

export const causals = fc.record({
  version: versions,
  agent: agents,
  session: sessions,
  clock: clocks,
  context: contexts,
});
