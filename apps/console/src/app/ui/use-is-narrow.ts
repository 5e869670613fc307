import { useSyncExternalStore } from 'react';

/** As wide as a phone: the same bound that the styles have. */
const narrow = '(max-width: 760px)';

function subscribe(changed: () => void): () => void {
  const query = matchMedia(narrow);
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

export function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(narrow).matches);
}
