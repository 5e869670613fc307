const DATE = /\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?/g;

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** Dates as people ask for them: `2023-05-08T13:56` as `2023-05-08`, with `8 May 2023` beside it. */
export function spelledDates(text: string): string {
  return text.replace(
    DATE,
    (_, year: string, month: string, day: string) =>
      `${year}-${month}-${day} ${Number(day)} ${MONTHS[Number(month) - 1]} `,
  );
}
