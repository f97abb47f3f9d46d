import fc from 'fast-check';
import type { Certificate } from '../../sidecar/certificates/certificate';
import { generateKeyPair } from '../../sidecar/certificates/issue';
import type { SigningScheme } from '../../sidecar/certificates/keys';
import { X500Name } from '../../sidecar/certificates/x500-name';
import { decodeCordaBlob } from '../../sidecar/network-map/corda-blob/decode';
import { encodeCordaBlob } from '../../sidecar/network-map/corda-blob/encode';
import { mapFromCorda, mapToCorda } from '../../sidecar/network-map/map-blob';
import { mapFromJson, mapToJson } from '../../sidecar/network-map/map-json';
import type { NetworkMapDocument } from '../../sidecar/network-map/network-map';
import type { NetworkParametersDocument } from '../../sidecar/network-map/network-parameters';
import { parametersFromCorda, parametersToCorda } from '../../sidecar/network-map/parameters-blob';
import { parametersFromJson, parametersToJson } from '../../sidecar/network-map/parameters-json';
import { signMap, signParameters, type DocumentSigner } from '../../sidecar/network-map/sign-document';
import { readSignedMap, readSignedParameters } from '../../sidecar/network-map/signed-document';
import { verifySignedMap, verifySignedParameters } from '../../sidecar/network-map/verify-document';
import { networkMaps, networkParameters } from './generated-documents';
import { issue, SampleNetwork, validity, type Holder } from './sample-network';

const network = new SampleNetwork();
const trust = { roots: [network.root.certificate], at: validity.notBefore + 1 };
const forms = ['corda', 'json'] as const;

function signer(holder: Holder, ...above: Certificate[]): DocumentSigner {
  return { privateKey: holder.privateKey, chain: [holder.certificate, ...above] };
}
function signerWith(role: 'NETWORK_MAP' | 'NETWORK_PARAMETERS', scheme: SigningScheme = 'p256'): DocumentSigner {
  const holder = issue(`CN=${role}, O=Network, L=London, C=GB`, role, network.root, { key: generateKeyPair(scheme) });
  return signer(holder, network.root.certificate);
}
const mapSigner = signerWith('NETWORK_MAP');
const parametersSigner = signerWith('NETWORK_PARAMETERS', 'ed25519');

const map: NetworkMapDocument = { nodeInfoHashes: ['A'.repeat(64)], networkParameterHash: 'B'.repeat(64) };
const parameters: NetworkParametersDocument = {
  minimumPlatformVersion: 4,
  notaries: [],
  maxMessageSize: 10_485_760,
  maxTransactionSize: 524_288_000,
  modifiedTime: { seconds: 1_700_000_000, nanos: 123_456_789 },
  epoch: 1,
  whitelistedContractImplementations: new Map(),
  eventHorizon: 2_592_000_000,
  packageOwnership: new Map(),
};
const plain = (value: NetworkParametersDocument): unknown => ({
  ...value,
  notaries: value.notaries.map(({ name, ...rest }) => ({ ...rest, name: name.toCorda() })),
});
const asBuffers = (value: NetworkParametersDocument): NetworkParametersDocument => ({
  ...value,
  notaries: value.notaries.map((notary) => ({ ...notary, publicKey: Buffer.from(notary.publicKey) })),
  packageOwnership: new Map([...value.packageOwnership].map(([name, key]) => [name, Buffer.from(key)])),
});

describe('what was written is read back', () => {
  it('maps in Corda’s form', () => {
    fc.assert(
      fc.property(networkMaps, (each) => {
        expect(mapFromCorda(decodeCordaBlob(encodeCordaBlob(mapToCorda(each))))).toEqual(each);
      }),
    );
  });

  it('maps in JSON', () => {
    fc.assert(fc.property(networkMaps, (each) => expect(mapFromJson(mapToJson(each))).toEqual(each)));
  });

  it('parameters in Corda’s form', () => {
    fc.assert(
      fc.property(networkParameters, (each) => {
        const read = parametersFromCorda(decodeCordaBlob(encodeCordaBlob(parametersToCorda(each))));
        expect(plain(asBuffers(read))).toEqual(plain(asBuffers(each)));
      }),
    );
  });

  it('parameters in JSON', () => {
    fc.assert(
      fc.property(networkParameters, (each) => {
        expect(plain(asBuffers(parametersFromJson(parametersToJson(each))))).toEqual(plain(asBuffers(each)));
      }),
    );
  });
});

describe.each(forms)('signed in the form %s', (form) => {
  it.each(['ed25519', 'p256', 'secp256k1', 'rsa'] as const)('a map is verified: %s', async (scheme) => {
    const given = signerWith('NETWORK_MAP', scheme);
    const file = await signMap(map, given, form);
    const verified = await verifySignedMap(readSignedMap(file.bytes), { ...trust, hash: file.hash });
    expect(verified).toEqual({ document: map, hash: file.hash, signer: given.chain[0] });
  });

  it.each([
    ['their own signer', parametersSigner],
    ["the map's signer", mapSigner],
  ])('parameters are verified: by %s', async (_name, given) => {
    const file = await signParameters(parameters, given, form);
    const { document } = await verifySignedParameters(readSignedParameters(file.bytes), trust);
    expect(document).toEqual(parameters);
  });

  it('the same document has the same hash, whoever signs', async () => {
    const [first, second] = [await signMap(map, mapSigner, form), await signMap(map, mapSigner, form)];
    expect(first.hash).toBe(second.hash);
    expect(first.bytes.equals(second.bytes)).toBe(false);
  });

  it('a map of another network is refused', async () => {
    const file = await signMap(map, mapSigner, form);
    const other = { ...trust, roots: [new SampleNetwork().root.certificate] };
    await expect(verifySignedMap(readSignedMap(file.bytes), other)).rejects.toMatchObject({ code: 'MAP_CHAIN' });
  });

  it('a map signed by another key than that of its certificate is refused', async () => {
    const thief = { ...mapSigner, privateKey: signerWith('NETWORK_MAP').privateKey };
    await expect(signMap(map, thief, form)).rejects.toMatchObject({ code: 'MAP_SIGNER_KEY' });
    await expect(signMap(map, { ...mapSigner, privateKey: 'rubbish' }, form)).rejects.toMatchObject({
      code: 'MAP_SIGNER_KEY',
    });
  });

  it.each([
    ['for parameters only', parametersSigner],
    ['of the doorman', signer(network.doorman, network.root.certificate)],
    ['of the root', signer(network.root)],
  ])('a map is not signed with a certificate %s', async (_name, given) => {
    await expect(signMap(map, given, form)).rejects.toMatchObject({ code: 'MAP_SIGNER_ROLE' });
  });

  it('a map signer that the doorman issued is refused', async () => {
    const holder = issue('CN=Map, O=Network, L=London, C=GB', 'NETWORK_MAP', network.doorman);
    const file = await signMap(map, signer(holder, network.doorman.certificate, network.root.certificate), form);
    const refusal = verifySignedMap(readSignedMap(file.bytes), trust);
    await expect(refusal).rejects.toMatchObject({ code: 'MAP_SIGNER_ROLE', cause: { code: 'CHAIN_ROLE' } });
  });

  it.each<[string, Partial<NetworkMapDocument>]>([
    ['a hash in small letters', { nodeInfoHashes: ['a'.repeat(64)] }],
    ['a hash that is too short', { networkParameterHash: 'AB' }],
    [
      'an update in the year 10000',
      { parametersUpdate: { hash: 'A'.repeat(64), description: '', deadline: { seconds: 253_402_300_800, nanos: 0 } } },
    ],
    [
      'a second that has more than a billion nanoseconds',
      { parametersUpdate: { hash: 'A'.repeat(64), description: '', deadline: { seconds: 0, nanos: 1e9 } } },
    ],
  ])('a map is not signed with %s', async (_name, change) => {
    await expect(signMap({ ...map, ...change }, mapSigner, form)).rejects.toMatchObject({ code: 'MAP_CONTENT' });
  });

  const key = parametersSigner.chain[0].publicKey;
  const notary = { name: mapSigner.chain[0].subject, publicKey: key, validating: true };
  it.each<[string, Partial<NetworkParametersDocument>]>([
    ['no platform version', { minimumPlatformVersion: 0 }],
    ['a size beyond 32 bits', { maxMessageSize: 2 ** 31 }],
    ['half a byte', { maxTransactionSize: 0.5 }],
    ['epoch 0', { epoch: 0 }],
    ['a negative event horizon', { eventHorizon: -1 }],
    ['no time', { modifiedTime: { seconds: Number.NaN, nanos: 0 } }],
    ['two notaries with one key', { notaries: [notary, { ...notary, name: X500Name.parse('O=N, L=Rome, C=IT') }] }],
    ['a notary without a key', { notaries: [{ ...notary, publicKey: Buffer.from('key') }] }],
    ['a notary without a place', { notaries: [{ ...notary, name: X500Name.parse('O=Notary, C=CH') }] }],
    ['an attachment without a hash', { whitelistedContractImplementations: new Map([['a.B', ['x']]]) }],
    ['a package that is none', { packageOwnership: new Map([['a..b', key]]) }],
    [
      'packages that lie in each other',
      {
        packageOwnership: new Map([
          ['com.example', key],
          ['com.example.inner', key],
        ]),
      },
    ],
    ['a package that belongs to nobody', { packageOwnership: new Map([['com.example', Buffer.alloc(0)]]) }],
  ])('parameters are not signed with %s', async (_name, change) => {
    const signing = signParameters({ ...parameters, ...change }, parametersSigner, form);
    await expect(signing).rejects.toMatchObject({ code: 'PARAMETERS_CONTENT' });
  });
});
