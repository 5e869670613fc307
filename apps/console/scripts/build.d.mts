/** @returns whether something had to be built */
export function buildConsole(): Promise<boolean>;
