/** What a link leads to. */
export interface Linked {
  readonly collection: string;
  readonly namespace: string;
  readonly id: string;
  /** Of an event. */
  readonly conversation?: string;
}

/** The page that shows a record. What has no view of its own is shown by its fields. */
export function recordPath({ collection, namespace, id, conversation }: Linked): string {
  if (collection === 'memory') return `/memory/item/${id}${within(namespace, 'shared/memory')}`;
  if (collection === 'task' && namespace === 'shared/tasks') return `/tasks/task/${id}`;
  if (namespace === 'conversations') {
    if (collection === 'conversation') return `/conversations/${id}`;
    if (collection === 'event' && conversation !== undefined)
      return `/conversations/${conversation}?event=${id}`;
  }
  return `/memory/record/${collection}/${id}?in=${encodeURIComponent(namespace)}`;
}

function within(namespace: string, own: string): string {
  return namespace === own ? '' : `?in=${encodeURIComponent(namespace)}`;
}
