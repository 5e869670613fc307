import { textOf } from '../replica-scale/texts.js';

/** Records that share one conversation. */
const EVENTS = 500;
/** Records of one identifier: few enough to be looked for. */
const NAMED_ALIKE = 20;

/** What the n-th record of a scale corpus is. */
export type Planned =
  | {
      readonly kind: 'fact';
      readonly content: string;
      readonly validFrom?: string;
      readonly validTo?: string;
    }
  | { readonly kind: 'event'; readonly conversation: number; readonly text: string }
  | { readonly kind: 'task'; readonly title: string; readonly notes: string };

/** Six facts, three events and a task in ten. Every other fact names an identifier and a path; every fifth is over. */
export function planned(n: number): Planned {
  const digit = n % 10;
  const text = textOf(n + 1);
  if (digit >= 6 && digit < 9)
    return { kind: 'event', conversation: Math.floor(n / (EVENTS * 3)), text };
  if (digit === 9) return { kind: 'task', title: text.slice(0, 80), notes: text };
  const content = n % 2 === 0 ? `${text} ${identifierOf(n)} ${pathOf(n)}` : text;
  return n % 5 === 0
    ? { kind: 'fact', content, validFrom: '2026-01-01', validTo: '2026-06-30' }
    : { kind: 'fact', content };
}

export function identifierOf(n: number): string {
  return `parseFrame${Math.floor(n / NAMED_ALIKE)}Header`;
}

export function pathOf(n: number): string {
  return `packages/module${Math.floor(n / NAMED_ALIKE)}/src/frame-reader.ts`;
}
