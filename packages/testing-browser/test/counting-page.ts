import { MnemeshError } from '@mnemesh/protocol';
import { answerCalls } from '@mnemesh/testing-browser/page';

/** Counts in its storage, so that profiles and pages can be told apart. */
answerCalls({
  count: () => {
    const counted = Number(localStorage.getItem('counted') ?? 0) + 1;
    localStorage.setItem('counted', String(counted));
    return counted;
  },
  echo: (value: unknown) => value,
  refuse: () => {
    throw new MnemeshError('not_found', 'There is nothing.');
  },
  complain: () => console.error('Something is wrong.'),
  forget: () => {
    setTimeout(() => {
      throw new Error('Nobody caught this.');
    });
    return new Promise((resolve) => setTimeout(resolve, 1));
  },
});

declare const localStorage: {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
};
