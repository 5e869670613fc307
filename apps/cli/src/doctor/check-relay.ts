import type { Settings } from '@mnemesh/open-mesh';
import type { Finding } from './finding.js';

/** Milliseconds that a relay may take to answer. */
const PATIENCE_MS = 5_000;
/** Milliseconds by which two clocks may differ. HTTP tells whole seconds, and the answer takes its time. */
const SKEW_MS = 5_000;

/** Asks the relay by HTTP: it answers what it is, and what time it has. */
export async function checkRelay({ relay }: Settings): Promise<readonly Finding[]> {
  if (relay === undefined) {
    return [
      { check: 'relay', state: 'note', text: 'none is set: everything stays on this device' },
    ];
  }
  const asked = Date.now();
  try {
    const response = await fetch(httpOf(relay), { signal: AbortSignal.timeout(PATIENCE_MS) });
    const isRelay = /mnemesh relay/i.test(await response.text());
    const answered = Date.now();
    if (!isRelay) {
      return [
        {
          check: 'relay',
          state: 'bad',
          text: `${relay} answers, and is no Mnemesh relay`,
          advice: 'check the address and the port: mnemesh status --explain',
        },
      ];
    }
    const reached: Finding = {
      check: 'relay',
      state: 'ok',
      text: `${relay} answers in ${answered - asked} ms`,
    };
    return [reached, ...clockFinding(response.headers.get('date'), asked, answered)];
  } catch (error) {
    const cause = (error as { readonly cause?: Error }).cause ?? (error as Error);
    return [
      {
        check: 'relay',
        state: 'warn',
        text: `${relay} is not reached (${cause.message || cause.name})`,
        advice:
          'what is written stays saved here and is sent later; start it with "mnemesh serve", or mend the address',
      },
    ];
  }
}

/** Where replicas connect: elsewhere the console may answer. */
function httpOf(relay: string): string {
  const typed = /^[a-z][a-z0-9+.-]*:\/\//i.test(relay) ? relay : `ws://${relay}`;
  return `${typed.replace(/^ws/i, 'http').replace(/(\/mesh)?\/*$/, '')}/mesh`;
}

/** The relay's clock lies between two of ours; what it is off beyond that, and the second HTTP leaves out, is skew. */
function clockFinding(date: string | null, asked: number, answered: number): readonly Finding[] {
  const told = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(told)) return [];
  const ahead = asked - (told + 1000);
  const behind = told - answered;
  const off = Math.max(ahead, behind, 0);
  if (off <= SKEW_MS) return [{ check: 'clock', state: 'ok', text: 'agrees with the relay' }];
  return [
    {
      check: 'clock',
      state: 'warn',
      text: `this device is ${Math.round(off / 1000)} s ${ahead > behind ? 'ahead of' : 'behind'} the relay`,
      advice:
        'set it (NTP): times are shown wrong, and among values written apart the faster clock is shown first; nothing is lost by it',
    },
  ];
}
