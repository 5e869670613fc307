import * as v from 'valibot';
import { counted } from '../answer-text.js';
import { defineTool } from '../tool.js';

export const syncStatus = defineTool({
  name: 'sync_status',
  title: 'Sync status',
  description:
    'Says whether what was written on this device is saved here, and whether the relay and the other devices have it.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  input: v.strictObject({}),
  output: v.object({
    mesh: v.string(),
    agent: v.string(),
    synced: v.boolean(),
    offline: v.boolean(),
    unsaved: v.pipe(v.number(), v.description('Writes that are not on this disk yet')),
    unacked: v.pipe(v.number(), v.description('Segments of which the relay lacks something')),
    awaited: v.pipe(v.number(), v.description('Segments that have not been fetched yet')),
    links: v.array(
      v.object({ kind: v.string(), address: v.string(), state: v.string(), links: v.number() }),
    ),
    problems: v.array(v.string()),
  }),
  run: async (_, session) => {
    const { id, agent, status } = await session.acting();
    const { synced, offline, unsaved, unacked, awaited, transports, storeError, damaged } = status;
    const problems = [
      ...(storeError === undefined ? [] : [storeError]),
      ...(damaged === 0
        ? []
        : [`${counted(damaged, 'segment')} had damaged rows; what is missing is fetched`]),
      ...status.rejected.map(({ namespace, reason }) => `${namespace} is refused: ${reason}`),
    ];
    const links = transports.map(({ kind, address, state, links: count }) => ({
      kind,
      address,
      state,
      links: count,
    }));
    const data = {
      mesh: id,
      agent: agent.name,
      synced,
      offline,
      unsaved,
      unacked,
      awaited,
      links,
      problems,
    };
    return { data, text: [syncSummary(data), ...problems].join('\n') };
  },
});

/** In a sentence, who has what was written here. */
export function syncSummary({
  synced,
  offline,
  unacked,
  awaited,
  links,
}: {
  readonly synced: boolean;
  readonly offline: boolean;
  readonly unacked: number;
  readonly awaited: number;
  readonly links: readonly { readonly kind: string; readonly links: number }[];
}): string {
  const hasRelay = links.some((one) => one.kind === 'relay' && one.links > 0);
  if (synced && hasRelay) return 'Everything is saved here and on the relay.';
  if (synced) return 'Everything is saved here, and the peers that are linked hold the same.';
  if (offline)
    return 'Switched offline: everything is saved here, and sent when it is switched back.';
  if (links.length === 0)
    return 'Everything is saved here. No relay is set: it stays on this device.';
  if (links.every((one) => one.links === 0))
    return 'Everything is saved here. The relay is not reached; what it lacks is sent when it is.';
  return `In progress: ${counted(unacked, 'segment')} to send, ${awaited} to fetch.`;
}
