import { NetmapError } from '../../sidecar/lib/errors';
import { readBulk } from '../../sidecar/network-map/bulk';
import { readSignedMap, readSignedParameters } from '../../sidecar/network-map/signed-document';
import {
  readMap,
  readParameters,
  verifySignedMap,
  verifySignedParameters,
} from '../../sidecar/network-map/verify-document';
import { documentBytes } from './corda-documents';
import { at, rootCertificate } from './corda-node-infos';
import { dice, mutations } from './mutations';

const trust = { roots: [rootCertificate()], at };
const rounds = 40;
/** A blob takes some milliseconds; one that takes this long could take for ever. */
const mostMilliseconds = 2_000;

interface Sample {
  readonly file: string;
  /** What a caller gets who trusts what is verified only. */
  verify(bytes: Buffer): Promise<unknown>;
  /** The same without a look at signatures, so that mutations get at what lies behind them. */
  read(bytes: Buffer): unknown;
}

const samples: Sample[] = [
  ...['network-map-1', 'network-map-2'].map((file) => ({
    file,
    verify: async (bytes: Buffer) => verifySignedMap(readSignedMap(bytes), trust),
    read: (bytes: Buffer) => readMap({ ...readSignedMap(documentBytes(file)), raw: bytes }),
  })),
  ...['network-parameters', 'network-parameters-2'].map((file) => ({
    file,
    verify: async (bytes: Buffer) => verifySignedParameters(readSignedParameters(bytes), trust),
    read: (bytes: Buffer) => readParameters({ ...readSignedParameters(documentBytes(file)), raw: bytes }),
  })),
];

async function outcome(run: () => unknown): Promise<unknown> {
  const start = performance.now();
  try {
    return await run();
  } catch (error) {
    if (error instanceof NetmapError) return error;
    throw error;
  } finally {
    expect(performance.now() - start).toBeLessThan(mostMilliseconds);
  }
}

/** 4 samples, 8 mutations, 40 rounds, twice: 2,560 blobs. */
describe.each(samples.map((sample, index) => [sample.file, sample, index] as const))(
  'mutations of %s',
  (file, sample, index) => {
    const bytes = documentBytes(file);
    const other = documentBytes(samples[(index + 1) % samples.length]?.file ?? file);

    it.each(Object.entries(mutations))('%s: refused for a reason, or the same', async (name, mutate) => {
      const original = await sample.verify(bytes);
      const roll = dice(index * 1_000 + name.length);
      const refusals = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        const mutated = mutate(bytes, roll, other);
        const result = await outcome(() => sample.verify(mutated));
        if (result instanceof NetmapError) refusals.add((result as NetmapError).code);
        else expect(result).toEqual(original);
      }
      expect(refusals.size).toBeGreaterThan(0);
    });

    it.each(Object.entries(mutations))('%s of what is signed: read, or refused for a reason', async (name, mutate) => {
      const { raw } = readSignedMap(bytes);
      const roll = dice(index * 1_000 + name.length);
      let refused = 0;
      for (let round = 0; round < rounds; round += 1) {
        const mutated = mutate(Buffer.from(raw), roll, other);
        const result = await outcome(() => sample.read(mutated));
        if (result instanceof NetmapError) refused += 1;
      }
      expect(refused).toBeGreaterThan(0);
    });
  },
);

describe('mutations of a bulk answer', () => {
  const bytes = documentBytes('node-infos-bulk');

  it.each(Object.entries(mutations))('%s: read, or refused for a reason', async (name, mutate) => {
    const roll = dice(name.length);
    for (let round = 0; round < rounds; round += 1) {
      const mutated = mutate(bytes, roll, documentBytes('network-parameters'));
      const result = await outcome(() => readBulk(mutated));
      expect(result).toBeDefined();
    }
  });
});
