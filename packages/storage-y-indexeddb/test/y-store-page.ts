import { plainAnalyzer } from '@mnemesh/testing/page';
import { answerCalls, pageRuntime, storeCalls } from '@mnemesh/testing-browser/page';
import { openYIndexedDbStore } from '../src/index.js';

answerCalls(
  storeCalls((prefix) => openYIndexedDbStore({ runtime: pageRuntime, prefix }), plainAnalyzer),
);
