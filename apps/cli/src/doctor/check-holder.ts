import {
  findHolder,
  HOLDER_PROTOCOL,
  holderFile,
  type Settings,
  VERSION,
} from '@mnemesh/open-mesh';
import type { Finding } from './finding.js';

/** Milliseconds that a holder may take to say who it is. */
const PATIENCE_MS = 3_000;

export async function checkHolder({ data, mesh }: Settings): Promise<readonly Finding[]> {
  const check = 'holder';
  const found = await findHolder(data, mesh, PATIENCE_MS);
  switch (found.state) {
    case 'absent':
      return [{ check, state: 'ok', text: 'nobody has the replica open' }];
    case 'stale':
      return [
        {
          check,
          state: 'note',
          text: 'the socket of a holder that died is left; the next one clears it away',
        },
      ];
    case 'silent':
      return [
        {
          check,
          state: 'bad',
          text: `who holds the replica did not answer within ${PATIENCE_MS} ms`,
          advice: `it may be stopped, or very busy: see ${holderFile(data, mesh, 'log')}, and end it if it stays so; another takes its place`,
        },
      ];
    case 'unsafe':
      return [
        {
          check,
          state: 'bad',
          text: 'the directory of its socket is not yours alone',
          advice: found.problem,
        },
      ];
    case 'alive': {
      const { pid, guests, since, protocol, version } = found.report;
      const text = `process ${pid} holds the replica since ${since}, for ${guests} others`;
      if (protocol === HOLDER_PROTOCOL && version === VERSION)
        return [{ check, state: 'ok', text }];
      const isOther = protocol !== HOLDER_PROTOCOL;
      return [
        {
          check,
          state: isOther ? 'bad' : 'warn',
          text: `${text}; it is of version ${version}, this is ${VERSION}`,
          advice: `kill ${pid} — what needs it starts one of its own version, and nothing saved is lost`,
        },
      ];
    }
  }
}
