/** Random numbers that are the same in each run: from 0 to `below` - 1. */
export type Dice = (below: number) => number;

export function dice(seed: number): Dice {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Mutation = (bytes: Buffer, roll: Dice, other: Buffer) => Buffer;

/** Type codes of AMQP values with a length of one or four bytes after them, and DER's sequences and strings. */
const beforeLength = new Set([
  0xa0, 0xa1, 0xa3, 0xb0, 0xb1, 0xc0, 0xc1, 0xd0, 0xd1, 0xe0, 0xf0, 0x30, 0x31, 0x04, 0x03,
]);
const lengths = [0, 1, 0x7f, 0x80, 0x84, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

export const mutations: Record<string, Mutation> = {
  flip(bytes, roll) {
    const result = Buffer.from(bytes);
    for (let count = 1 + roll(4); count > 0; count -= 1) {
      const at = roll(result.length);
      result.writeUInt8(result.readUInt8(at) ^ (1 << roll(8)), at);
    }
    return result;
  },
  overwrite(bytes, roll) {
    const result = Buffer.from(bytes);
    const at = roll(result.length);
    for (let index = at; index < Math.min(at + 1 + roll(8), result.length); index += 1)
      result.writeUInt8(roll(256), index);
    return result;
  },
  truncate: (bytes, roll) => bytes.subarray(0, roll(bytes.length)),
  remove(bytes, roll) {
    const at = roll(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + roll(32))]);
  },
  repeat(bytes, roll) {
    const at = roll(bytes.length);
    return Buffer.concat([bytes.subarray(0, at + 1 + roll(64)), bytes.subarray(at)]);
  },
  splice(bytes, roll, other) {
    const [at, from, length] = [roll(bytes.length), roll(other.length), 1 + roll(400)];
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at + length)]);
  },
  length(bytes, roll) {
    const result = Buffer.from(bytes);
    const places = [...result.keys()].filter((at) => at + 5 < result.length && beforeLength.has(result.readUInt8(at)));
    const at = places[roll(places.length)] ?? 0;
    const value = lengths[roll(lengths.length)] ?? 0;
    if (roll(2) === 0) result.writeUInt8(value & 0xff, at + 1);
    else result.writeUInt32BE(value, at + 1);
    return result;
  },
  append: (bytes, roll, other) => Buffer.concat([bytes, other.subarray(0, 1 + roll(other.length))]),
};
