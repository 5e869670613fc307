import { describe, expect, it } from 'vitest';
import { lexicalAnalyzer } from '../src/index.js';

const terms = (text: string): readonly string[] => lexicalAnalyzer.analyze(text).terms;

describe('the analyzer', () => {
  it.each([
    ['Where are the replicas?', ['replica']],
    ['Naïve café', ['naiv', 'cafe']],
    ["it's Caroline's", ['carolin']],
    ['parseFrameHeader', ['parseframehead', 'pars', 'frame', 'header']],
    ['parseframeheader', ['parseframehead']],
    ['HTTPServer', ['httpserver', 'http', 'server']],
    ['max_inflight_batches', ['max_inflight_batches', 'max', 'inflight', 'batch']],
    ['src/lane-queue.ts', ['src/lane-queue.ts', 'src', 'lane', 'queue', 'ts']],
    ['1.01JD6Q0S5X', ['1.01jd6q0s5x', '1', '01jd6q0s5x']],
    ['on 2023-05-08T13:56', ['2023-05-08', '2023', '05', '08', '8', 'mai']],
    ['東京タワー', ['東京', '京タ', 'タワ', 'ワー']],
    ['ภาษาไทย v2', ['ภา', 'าษ', 'ษา', 'าไ', 'ไท', 'ทย', 'v2']],
    ['ελλάδα', ['ελλαδα']],
    ['… — !', []],
  ])('takes "%s" apart', (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it('cuts what is longer than a word', () => {
    expect(terms('x'.repeat(90))).toEqual(['x'.repeat(64)]);
  });

  it('marks what asks', () => {
    const marks = ['It is.', 'Is it? Yes.', 'ana\nIs it?\n2023-05-08', 'これは何？'].map(
      (text) => lexicalAnalyzer.analyze(text).marks,
    );
    expect(marks).toEqual([0, 1, 2, 2]);
  });
});
