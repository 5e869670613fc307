import {
  type MeshId,
  MnemeshError,
  parseMeshId,
  parseNamespace,
  parseRecordId,
  proseSegment,
  segmentGuid,
} from '@mnemesh/protocol';
import type { DocumentName } from '../update-log.js';

/** Where prose documents are unless a namespace is named. */
const PROSE_NAMESPACE = 'shared/prose';

/** @param path `MESH/ID` or `MESH/NAMESPACE/ID` @throws MnemeshError `bad_input` */
export function parseProsePath(path: string): {
  readonly mesh: MeshId;
  readonly name: DocumentName;
} {
  const [first = '', ...rest] = path.split('/');
  const id = parseRecordId(rest.pop() ?? '');
  const mesh = parseMeshId(first);
  const namespace = parseNamespace(rest.length === 0 ? PROSE_NAMESPACE : rest.join('/'));
  const segment = proseSegment(id);
  if (segment === undefined)
    throw new MnemeshError('bad_input', `${id} is no id of a prose document.`);
  return { mesh, name: { namespace, segment, guid: segmentGuid(mesh, namespace, segment) } };
}
