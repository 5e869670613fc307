import { HOLDER_PROTOCOL, VERSION } from '@mnemesh/open-mesh';
import { PROTOCOL_VERSION } from '@mnemesh/protocol';
import type { Finding } from './finding.js';

export function checkVersions(): readonly Finding[] {
  const text = `mnemesh ${VERSION}, Node ${process.versions.node}, protocol ${PROTOCOL_VERSION}, holder protocol ${HOLDER_PROTOCOL}`;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19))
    return [{ check: 'versions', state: 'ok', text }];
  return [{ check: 'versions', state: 'bad', text, advice: 'install Node 20.19 or newer' }];
}
