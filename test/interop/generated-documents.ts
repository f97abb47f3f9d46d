import fc from 'fast-check';
import { generateKeyPair } from '../../sidecar/certificates/issue';
import { X500Name } from '../../sidecar/certificates/x500-name';
import type { Instant } from '../../sidecar/network-map/instant';
import type { NetworkMapDocument } from '../../sidecar/network-map/network-map';
import type { NetworkParametersDocument, NotaryInfo } from '../../sidecar/network-map/network-parameters';
import { SampleNetwork } from './sample-network';

/** Keys take time to make: a few of each kind will do. */
const keys = [
  ...(['ed25519', 'p256', 'secp256k1', 'rsa'] as const).map((scheme) => generateKeyPair(scheme).publicKey),
  new SampleNetwork().composite('O=Notary, L=Zurich, C=CH').certificates[0].publicKey,
];

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => {
  return Buffer.from(bytes).toString('hex').toUpperCase();
});
const positive = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const key = fc.constantFrom(...keys);

const instant: fc.Arbitrary<Instant> = fc.record({
  seconds: fc.oneof(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), fc.constantFrom(0, -1, 1)),
  nanos: fc.oneof(fc.integer({ min: 0, max: 999_999_999 }), fc.constantFrom(0, 5_000_000, 120, 999_999_999)),
});

/** Letters of names: some that text forms have to escape, some beyond ASCII. */
const letters = 'a b c X Y Z 0 1 9 . , + = " \\ < > ; # & ö ß 漢 字 🦉'.split(' ');
const part = (most: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(' ', ...letters), minLength: 1, maxLength: most })
    // Java prints a value with quotation marks at both ends as if it had been quoted: there is no way back from that.
    .filter((text) => !/^(".*")?$/s.test(text.trim()));

const name: fc.Arbitrary<X500Name> = fc
  .record({
    CN: fc.option(part(20), { nil: undefined }),
    OU: fc.option(part(20), { nil: undefined }),
    O: part(40),
    L: part(20),
    ST: fc.option(part(20), { nil: undefined }),
    C: fc.constantFrom('CH', 'DE', 'US', 'ZZ'),
  })
  .map((parts) =>
    X500Name.of(
      Object.entries(parts).flatMap(([type, value]) => (value === undefined ? [] : [{ type, value: value.trim() }])),
    ),
  );

const notary: fc.Arbitrary<NotaryInfo> = fc.record({ name, publicKey: key, validating: fc.boolean() });
const className = fc.array(fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,9}$/), { minLength: 1, maxLength: 5 });

function mapOf<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Map<string, Value>> {
  const entries = fc.array(fc.tuple(className, value), { maxLength: 5 });
  return entries.map((all) => new Map(all.map(([parts, item], index) => [`p${index}.${parts.join('.')}`, item])));
}

export const networkMaps: fc.Arbitrary<NetworkMapDocument> = fc.record(
  {
    nodeInfoHashes: fc.array(hash, { maxLength: 300 }),
    networkParameterHash: hash,
    parametersUpdate: fc.record({ hash, description: fc.string({ unit: 'grapheme' }), deadline: instant }),
  },
  { requiredKeys: ['nodeInfoHashes', 'networkParameterHash'] },
);

export const networkParameters: fc.Arbitrary<NetworkParametersDocument> = fc.record({
  minimumPlatformVersion: positive,
  notaries: fc.uniqueArray(notary, { maxLength: 4, selector: ({ publicKey }) => publicKey }),
  maxMessageSize: positive,
  maxTransactionSize: positive,
  modifiedTime: instant,
  epoch: positive,
  whitelistedContractImplementations: mapOf(fc.array(hash, { maxLength: 5 })),
  eventHorizon: fc.oneof(fc.integer({ min: 0, max: 10 ** 12 }), fc.constant((2 ** 31 - 1) * 86_400_000)),
  packageOwnership: mapOf(key),
});
