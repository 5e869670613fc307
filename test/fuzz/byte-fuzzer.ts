import type { SeededRandom } from '@mnemesh/testing';

/** Bytes that parsers of varints and lengths tend to trip over. */
const TRICKY = [0x00, 0x01, 0x7f, 0x80, 0x81, 0xfe, 0xff];

/** Makes bad bytes of good ones: one to three mutations, each of a random kind. */
export function mutate(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  let mutated = bytes;
  for (let rounds = random.between(1, 3); rounds > 0; rounds--) {
    mutated = random.pick(mutations)(random, mutated);
  }
  return mutated;
}

type Mutation = (random: SeededRandom, bytes: Uint8Array) => Uint8Array;

const mutations: readonly Mutation[] = [
  flipBit,
  setTricky,
  truncate,
  insertNoise,
  insertLongVarint,
  cutOut,
  repeatSlice,
];

function flipBit(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const changed = bytes.slice();
  const at = random.int(changed.length);
  changed[at] = (changed[at] as number) ^ (1 << random.int(8));
  return changed;
}

function setTricky(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const changed = bytes.slice();
  changed[random.int(changed.length)] = random.pick(TRICKY);
  return changed;
}

function truncate(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, random.int(bytes.length + 1));
}

function insertNoise(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  return insert(random, bytes, random.bytes(random.between(1, 12)));
}

/** Up to 200 continuation bytes: lib0 reads such a number as NaN. */
function insertLongVarint(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const varint = new Uint8Array(random.between(5, 200)).fill(random.pick([0x80, 0xff]));
  varint[varint.length - 1] = random.pick([0x00, 0x01, 0x7f]);
  return insert(random, bytes, varint);
}

function cutOut(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const from = random.int(bytes.length + 1);
  const to = Math.min(bytes.length, from + random.between(1, 16));
  return Uint8Array.of(...bytes.subarray(0, from), ...bytes.subarray(to));
}

function repeatSlice(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const from = random.int(bytes.length + 1);
  return insert(random, bytes, bytes.subarray(from, from + random.between(1, 40)));
}

function insert(random: SeededRandom, bytes: Uint8Array, piece: Uint8Array): Uint8Array {
  const at = random.int(bytes.length + 1);
  const whole = new Uint8Array(bytes.length + piece.length);
  whole.set(bytes.subarray(0, at));
  whole.set(piece, at);
  whole.set(bytes.subarray(at), at + piece.length);
  return whole;
}
