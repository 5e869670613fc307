import { describePostings, plainAnalyzer } from '@mnemesh/testing';
import { MemoryIndex } from '../src/index.js';

describePostings('in memory', async () => {
  const source = new MemoryIndex(plainAnalyzer);
  return {
    source,
    commit: async ({ removeRecords = [], records = [] }) => {
      for (const removed of removeRecords) source.remove(removed);
      for (const record of records) source.put(record);
    },
  };
});
