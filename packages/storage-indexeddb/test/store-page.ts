import { plainAnalyzer } from '@mnemesh/testing/page';
import { answerCalls, pageRuntime, storeCalls } from '@mnemesh/testing-browser/page';
import { openIndexedDbStore } from '../src/index.js';

answerCalls(
  storeCalls(
    (prefix, isLed) => openIndexedDbStore({ runtime: pageRuntime, prefix, isLed }),
    plainAnalyzer,
  ),
);
