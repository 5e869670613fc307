const MOMENT =
  /^(\d{4})-(\d{2})-(\d{2})(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/;

/** ISO 8601, a date or a time with its zone, in milliseconds; a date is its first moment in UTC. Undefined for anything else. */
export function momentMs(text: string): number | undefined {
  const found = MOMENT.exec(text);
  if (found === null) return undefined;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  // Dates that no calendar has would be taken for the month after.
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

export interface Validity {
  readonly validFrom?: string;
  readonly validTo?: string;
}

/** Is something valid at this moment? From `validFrom` on, and no longer at `validTo`. Without them, always. */
export function isValidAt({ validFrom, validTo }: Validity, ms: number): boolean {
  const from = validFrom === undefined ? undefined : momentMs(validFrom);
  const to = validTo === undefined ? undefined : momentMs(validTo);
  return (from === undefined || from <= ms) && (to === undefined || ms < to);
}
