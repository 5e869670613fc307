const money = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const cents = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 4,
  maximumFractionDigits: 4,
});
const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** US dollars; below one cent with four places, or it would read as nothing. */
export function costText(dollars: number): string {
  return dollars !== 0 && dollars < 0.01 ? cents.format(dollars) : money.format(dollars);
}

export function tokensText(tokens: number): string {
  return compact.format(tokens);
}

export function wholeText(count: number): string {
  return whole.format(count);
}
