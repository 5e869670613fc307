const KEY = 'mnemesh.console.appearance';

export const appearances = ['system', 'light', 'dark'] as const;
export type Appearance = (typeof appearances)[number];

export function readAppearance(storage: Storage): Appearance {
  const kept = storage.getItem(KEY);
  return appearances.find((one) => one === kept) ?? 'system';
}

/** Shows it at once, and at the next start. */
export function chooseAppearance(storage: Storage, appearance: Appearance): void {
  storage.setItem(KEY, appearance);
  showAppearance(appearance);
}

export function showAppearance(appearance: Appearance): void {
  const { dataset } = document.documentElement;
  if (appearance === 'system') delete dataset.appearance;
  else dataset.appearance = appearance;
}
