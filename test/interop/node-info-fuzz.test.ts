import { NetmapError } from '../../sidecar/lib/errors';
import type { Peer } from '../../sidecar/network/peer';
import { readSignedNodeInfo } from '../../sidecar/network-map/signed-node-info';
import { verifyNodeInfo } from '../../sidecar/network-map/verify-node-info';
import { at, expected, negativeBytes, nodeInfoBytes, rootCertificate } from './corda-node-infos';
import { dice, mutations } from './mutations';

const trust = { roots: [rootCertificate()], at };
const rounds = 40;
/** A blob takes some milliseconds; one that takes this long could take for ever. */
const mostMilliseconds = 2_000;

const verify = async (bytes: Buffer): Promise<Peer> => verifyNodeInfo(readSignedNodeInfo(bytes), trust);

const samples = [
  ...expected.nodes.map((node) => [node.alias, nodeInfoBytes(node)] as const),
  ['deflated', negativeBytes('node-info-deflate-encoded')] as const,
  ['Snappy', negativeBytes('node-info-snappy-encoded')] as const,
];

/** 8 samples, 8 mutations, 40 rounds: 2,560 blobs. */
describe.each(samples.map((sample, index) => [...sample, index] as const))('mutations of %s', (_name, bytes, index) => {
  const other = samples[(index + 1) % samples.length]?.[1] ?? bytes;

  it.each(Object.entries(mutations))('%s: refused for a reason, or the same', async (name, mutate) => {
    const original = await verify(bytes);
    const roll = dice(index * 1_000 + name.length);
    const refusals = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      const mutated = mutate(bytes, roll, other);
      const start = performance.now();
      const result = await verify(mutated).catch((error: unknown) => error);
      expect(performance.now() - start).toBeLessThan(mostMilliseconds);
      if (result instanceof NetmapError) refusals.add((result as NetmapError).code);
      else expect(result).toEqual(original);
    }
    expect(refusals.size).toBeGreaterThan(0);
  });
});
