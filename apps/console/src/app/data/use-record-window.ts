import type { RecordView } from '@mnemesh/core';
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import {
  RecordWindow,
  type WindowOptions,
  type WindowSource,
  type WindowState,
} from './record-window.js';

/** @param key equal for equal sources and options: another one begins anew */
export function useRecordWindow<View extends RecordView>(
  key: string,
  make: () => { readonly source: WindowSource<View>; readonly options: WindowOptions<View> },
): WindowState<View> & { more(): void } {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what `make` closes over
  const list = useMemo(() => {
    const { source, options } = make();
    return new RecordWindow(source, options);
  }, [key]);
  useEffect(() => {
    list.begin();
    return () => list.end();
  }, [list]);
  const state = useSyncExternalStore(list.subscribe, list.read);
  const more = useCallback(() => list.more(), [list]);
  return useMemo(() => ({ ...state, more }), [state, more]);
}
