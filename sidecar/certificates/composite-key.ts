import { messageOf } from '../lib/errors';
import { expectTag, readBitString, readCount, readDer, readOid, sequenceOf, Tag } from './der';
import type { DerValue } from './der';
import { KeyError } from './key-error';
import { COMPOSITE_KEY_OID, isCompositeKey, readPublicKey } from './keys';

export { isCompositeKey } from './keys';

/** A key that counts as having signed when the weights of its parts that did reach the threshold. */
export interface CompositeKey {
  readonly threshold: number;
  readonly children: readonly CompositeChild[];
  /** SubjectPublicKeyInfo of every simple key below, nested ones included. */
  readonly leaves: readonly Uint8Array[];
}

export interface CompositeChild {
  /** SubjectPublicKeyInfo, simple or composite. */
  readonly key: Uint8Array;
  readonly weight: number;
}

const MOST_LEAVES = 256;
const DEEPEST = 8;

/** Reads Corda's encoding of a composite key. Throws KeyError KEY_INVALID, or KEY_UNSUPPORTED for a part that cannot be used. */
export function parseCompositeKey(spki: Uint8Array): CompositeKey {
  try {
    const key = readComposite(spki, 0);
    if (key.leaves.length > MOST_LEAVES)
      throw new KeyError('KEY_UNSUPPORTED', `a composite key has more than ${MOST_LEAVES} parts`);
    return key;
  } catch (cause) {
    if (cause instanceof KeyError) throw cause;
    throw new KeyError('KEY_INVALID', `the bytes are not a composite key: ${messageOf(cause)}`, { cause });
  }
}

function readComposite(spki: Uint8Array, depth: number): CompositeKey {
  if (depth > DEEPEST) throw invalid('it is nested too deeply');
  const [algorithm, bits] = sequenceOf(readDer(spki), 'the key');
  const oid = readOid(sequenceOf(algorithm, 'the algorithm')[0], 'the algorithm');
  if (oid !== COMPOSITE_KEY_OID) throw invalid(`its algorithm is ${oid}`);
  const body = readDer(readBitString(bits, 'the composite key'));
  const [threshold, list] = sequenceOf(body, 'the composite key');
  const children = sequenceOf(expectTag(list, Tag.sequence, 'the parts'), 'the parts').map(readChild);
  const key = { threshold: readCount(threshold, 'the threshold'), children };
  checkWeights(key);
  return { ...key, leaves: children.flatMap((child) => leavesOf(child.key, depth)) };
}

function readChild(value: DerValue): CompositeChild {
  const [key, weight] = sequenceOf(value, 'a part');
  return { key: readBitString(key, 'the key of a part'), weight: readCount(weight, 'the weight of a part') };
}

function checkWeights({ threshold, children }: Pick<CompositeKey, 'threshold' | 'children'>): void {
  const total = children.reduce((sum, child) => sum + child.weight, 0);
  if (children.some((child) => child.weight < 1)) throw invalid('a part has no weight');
  if (threshold < 1 || threshold > total) throw invalid(`its threshold is ${threshold} of ${total}`);
  const different = new Set(children.map((child) => Buffer.from(child.key).toString('hex')));
  if (different.size < children.length) throw invalid('a part is there twice');
}

function leavesOf(key: Uint8Array, depth: number): readonly Uint8Array[] {
  if (isCompositeKey(key)) return readComposite(key, depth + 1).leaves;
  readPublicKey(key);
  return [key];
}

const invalid = (why: string): KeyError => new KeyError('KEY_INVALID', `the bytes are not a composite key: ${why}`);
