/** What one check found, and what to do about it. */
export interface Finding {
  readonly check:
    | 'settings'
    | 'keys'
    | 'store'
    | 'holder'
    | 'relay'
    | 'clock'
    | 'clients'
    | 'versions';
  /** `note`: nothing is wrong, and it may surprise; `warn`: it works, and should not stay so; `bad`: it must be put right. */
  readonly state: 'ok' | 'note' | 'warn' | 'bad';
  readonly text: string;
  readonly advice?: string;
}
