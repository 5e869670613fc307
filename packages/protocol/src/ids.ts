import { encodeUtf8 } from 'lib0/string';
import { concatBytes, toBase32, toBase64Url } from './bytes.js';
import { MnemeshError } from './errors.js';
import { sha256 } from './hash.js';
import { limits } from './limits.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Name of a mesh, as people type it. */
export type MeshId = Branded<'MeshId'>;
/** Path of a namespace: `shared/tasks`. */
export type Namespace = Branded<'Namespace'>;
/**
 * Name of a segment within its namespace: a decimal number, `i<floor>-<source>-<bucket>` for imports, or
 * `p<number>-<local>` for the text of the prose document `<number>.<local>`.
 */
export type SegmentName = Branded<'SegmentName'>;
/** Derived id of a segment's document, base64url. */
export type Guid = Branded<'Guid'>;
/** `segment.local`, unique within a namespace. */
export type RecordId = Branded<'RecordId'>;
/** An agent's Ed25519 public key, 32 bytes as hex. */
export type AgentId = Branded<'AgentId'>;
/** 16 random bytes as hex: one local copy of a mesh. */
export type ReplicaId = Branded<'ReplicaId'>;
/** 8 random bytes as hex: one agent's sitting at one replica. Never reused. */
export type SessionId = Branded<'SessionId'>;
/** 8 random bytes as hex: one open slot of a replica's store. Never reused. */
export type WriterId = Branded<'WriterId'>;
/** Hash of an envelope bound to its author, 32 bytes as hex. */
export type Version = Branded<'Version'>;
/** 16 random bytes as hex: one opening of a relay's log. */
export type Incarnation = Branded<'Incarnation'>;
/** Hybrid clock: milliseconds × 2048 + counter. Stays exact in a double until the year 2109. */
export type Clock = number;

/** @throws MnemeshError `bad_input` */
export function parseMeshId(text: string): MeshId {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(text) || text.length > limits.meshChars) {
    throw new MnemeshError(
      'bad_input',
      `"${text}" is no mesh name. Use 1 to ${limits.meshChars} of a-z, 0-9, ".", "_" and "-", beginning with a letter or digit.`,
    );
  }
  return text as MeshId;
}

const PATH = /^[A-Za-z0-9_.@-]+(\/[A-Za-z0-9_.@-]+)*$/;
/** Namespaces become paths of files in exports and snapshots. */
const DOTS_ONLY = /(^|\/)\.{1,2}(\/|$)/;

/** @throws MnemeshError `bad_input` */
export function parseNamespace(text: string): Namespace {
  if (!PATH.test(text) || DOTS_ONLY.test(text) || text.length > limits.namespaceChars) {
    throw new MnemeshError(
      'bad_input',
      `"${text}" is no namespace. Use words of letters, digits, ".", "_", "@" and "-", joined by "/": shared/tasks.`,
    );
  }
  return text as Namespace;
}

/** @throws MnemeshError `bad_input` */
export function parseSegmentName(text: string): SegmentName {
  if (!/^[a-z0-9-]+$/.test(text) || text.length > limits.segmentChars) {
    throw new MnemeshError('bad_input', `"${text}" is no segment name.`);
  }
  return text as SegmentName;
}

/** @throws MnemeshError `bad_input` */
export function parseRecordId(text: string): RecordId {
  if (!/^[a-z0-9-]+\.[A-Za-z0-9]+$/.test(text) || text.length > limits.recordIdBytes) {
    throw new MnemeshError(
      'bad_input',
      `"${text}" is no record id. Ids look like 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB.`,
    );
  }
  return text as RecordId;
}

/** The segment that holds a record, and all that is ever said of it. */
export function homeSegment(id: RecordId): SegmentName {
  return id.slice(0, id.indexOf('.')) as SegmentName;
}

export function recordId(segment: SegmentName, local: string): RecordId {
  return `${segment}.${local}` as RecordId;
}

/** A local id as replicas give it out: 26 signs of base 32, sortable by time. */
const LOCAL = '[0-9A-HJKMNP-TV-Z]{26}';
const PROSE_RECORD = new RegExp(`^([1-9][0-9]{0,8})\\.(${LOCAL})$`);
const PROSE_SEGMENT = new RegExp(
  `^p([1-9][0-9]{0,8})-(${LOCAL.replace('A-HJKMNP-TV-Z', 'a-hjkmnp-tv-z')})$`,
);

/** The segment that holds the text of a prose document; undefined for ids that no such document has. */
export function proseSegment(id: RecordId): SegmentName | undefined {
  const [, number, local] = PROSE_RECORD.exec(id) ?? [];
  return local === undefined ? undefined : (`p${number}-${local.toLowerCase()}` as SegmentName);
}

/** The record of the prose document whose text this segment holds; undefined for a segment of records. */
export function proseRecord(segment: SegmentName): RecordId | undefined {
  const [, number, local] = PROSE_SEGMENT.exec(segment) ?? [];
  return local === undefined ? undefined : (`${number}.${local.toUpperCase()}` as RecordId);
}

/** The document id of a segment. Derived, so that replicas that create it apart create the same one. */
export function segmentGuid(mesh: MeshId, namespace: Namespace, segment: SegmentName): Guid {
  return toBase64Url(sha256(prefixed(mesh, namespace, segment))) as Guid;
}

/** What every hash of this segment is bound to: `sha256(b("mnemesh/1") b(mesh) b(namespace) b(segment))`. */
export function segmentContext(
  mesh: MeshId,
  namespace: Namespace,
  segment: SegmentName,
): Uint8Array {
  return sha256(prefixed('mnemesh/1', mesh, namespace, segment));
}

/**
 * Home of an imported record. Replicas that import one source apart derive the same id.
 * @param bucket the source record's creation month (`YYYY-MM`, UTC), when known
 */
export function importedRecordId(
  importer: string,
  source: string,
  sourceId: string,
  bucket: string | undefined,
  floor = 0,
): RecordId {
  const hash = toBase32(sha256(prefixed(importer, source, sourceId)));
  const origin = toBase32(sha256(prefixed(importer, source))).slice(0, 8);
  const segment = parseSegmentName(`i${floor}-${origin}-${bucket ?? hash.charAt(0)}`);
  return recordId(segment, hash.slice(0, 26));
}

/** Each text as UTF-8 behind its length as a varuint, joined. */
function prefixed(...texts: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const text of texts) {
    const bytes = encodeUtf8(text);
    parts.push(varUintBytes(bytes.length), bytes);
  }
  return concatBytes(parts);
}

function varUintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push(128 | (rest & 127));
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
