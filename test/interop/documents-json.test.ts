import { createPrivateKey } from 'node:crypto';
import { base64url, FlattenedSign } from 'jose';
import type { NetworkMapDocument } from '../../sidecar/network-map/network-map';
import type { NetworkParametersDocument } from '../../sidecar/network-map/network-parameters';
import { signMap, signParameters, type DocumentSigner } from '../../sidecar/network-map/sign-document';
import { readSignedMap, readSignedParameters } from '../../sidecar/network-map/signed-document';
import { verifySignedMap, verifySignedParameters } from '../../sidecar/network-map/verify-document';
import { issue, SampleNetwork, validity } from './sample-network';

const network = new SampleNetwork();
const trust = { roots: [network.root.certificate], at: validity.notBefore + 1 };
const holder = issue('CN=Map, O=Network, L=London, C=GB', 'NETWORK_MAP', network.root);
const signer: DocumentSigner = {
  privateKey: holder.privateKey,
  chain: [holder.certificate, network.root.certificate],
};
const map: NetworkMapDocument = {
  nodeInfoHashes: ['A'.repeat(64)],
  networkParameterHash: 'B'.repeat(64),
  parametersUpdate: {
    hash: 'C'.repeat(64),
    description: 'larger messages',
    deadline: { seconds: 5, nanos: 5_000_000 },
  },
};
const parameters: NetworkParametersDocument = {
  minimumPlatformVersion: 4,
  notaries: [
    { name: holder.certificate.subject, publicKey: Buffer.from(holder.certificate.publicKey), validating: true },
  ],
  maxMessageSize: 10_485_760,
  maxTransactionSize: 524_288_000,
  modifiedTime: { seconds: 1_700_000_000, nanos: 0 },
  epoch: 1,
  whitelistedContractImplementations: new Map([['com.example.Contract', ['D'.repeat(64)]]]),
  eventHorizon: 2_592_000_000,
  packageOwnership: new Map([['com.example', Buffer.from(holder.certificate.publicKey)]]),
};

interface Jws {
  payload: string;
  protected: string;
  signature: string;
}
type Change = (value: Record<string, unknown>) => void;

function reencoded(encoded: string, change: Change): string {
  const value = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as Record<string, unknown>;
  change(value);
  return base64url.encode(JSON.stringify(value));
}

/** The map with a part changed after it was signed. */
async function changed(change: (jws: Jws) => void): Promise<Buffer> {
  const jws = JSON.parse((await signMap(map, signer, 'json')).bytes.toString()) as Jws;
  change(jws);
  return Buffer.from(JSON.stringify(jws));
}

/** Signed anew, as only the network's own signer could. */
async function stated(change: Change, kind: 'map' | 'parameters' = 'map'): Promise<Buffer> {
  const file = kind === 'map' ? await signMap(map, signer, 'json') : await signParameters(parameters, signer, 'json');
  const jws = JSON.parse(file.bytes.toString()) as Jws;
  const header = JSON.parse(Buffer.from(jws.protected, 'base64url').toString()) as { alg: string };
  const payload = base64url.decode(reencoded(jws.payload, change));
  const again = await new FlattenedSign(payload).setProtectedHeader(header).sign(createPrivateKey(signer.privateKey));
  return Buffer.from(JSON.stringify(again));
}

async function refusal(run: () => Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await run();
  } catch (error) {
    return error as { code: string; message: string };
  }
  return { code: 'not refused', message: '' };
}
const refusalOfMap = (bytes: Uint8Array): Promise<{ code: string; message: string }> =>
  refusal(async () => verifySignedMap(readSignedMap(bytes), trust));
const refusalOfParameters = (bytes: Uint8Array): Promise<{ code: string; message: string }> =>
  refusal(async () => verifySignedParameters(readSignedParameters(bytes), trust));

describe('a network map in JSON', () => {
  it('is a JWS that others can read', async () => {
    const jws = JSON.parse((await signMap(map, signer, 'json')).bytes.toString()) as Jws;
    expect(Object.keys(jws).sort()).toEqual(['payload', 'protected', 'signature']);
    expect(JSON.parse(Buffer.from(jws.payload, 'base64url').toString())).toEqual({
      version: 1,
      nodeInfoHashes: ['A'.repeat(64)],
      networkParameterHash: 'B'.repeat(64),
      parametersUpdate: { hash: 'C'.repeat(64), description: 'larger messages', deadline: '1970-01-01T00:00:05.005Z' },
    });
    expect(JSON.parse(Buffer.from(jws.protected, 'base64url').toString())).toEqual({
      alg: 'ES256',
      typ: 'networkmap+jws',
      x5c: signer.chain.map(({ der }) => Buffer.from(der).toString('base64')),
    });
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['HTML', Buffer.from('<html><body>503</body></html>')],
    ['half of it', Buffer.from('{"payload":"AA"')],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a compact JWS', Buffer.from('a.b.c')],
    ['the General Serialization', Buffer.from('{"payload":"AA","signatures":[]}')],
    ['a header that is no JSON', Buffer.from('{"payload":"AA","protected":"AA","signature":"AA"}')],
    ['the first bytes of a blob', Buffer.from('corda\x01\x00')],
    ['nested without end', Buffer.from('['.repeat(200_000))],
  ])('is not %s', async (_name, bytes) => {
    expect((await refusalOfMap(bytes)).code).toBe('MAP_FORMAT');
  });

  it('may not be larger than allowed', async () => {
    const { bytes } = await signMap(map, signer, 'json');
    const limits = { maxBytes: bytes.length - 1, maxDepth: 10, maxValues: 100 };
    expect((await refusal(async () => readSignedMap(bytes, limits))).code).toBe('MAP_FORMAT');
    expect(readSignedMap(bytes, { ...limits, maxBytes: bytes.length }).form).toBe('json');
  });

  it.each<[string, Change, string]>([
    ['another type', (header) => (header['typ'] = 'networkparameters+jws'), 'MAP_FORMAT'],
    ['no signature algorithm', (header) => (header['alg'] = 'none'), 'MAP_FORMAT'],
    ['a secret key', (header) => (header['alg'] = 'HS256'), 'MAP_FORMAT'],
    ['an extension', (header) => Object.assign(header, { crit: ['b64'], b64: false }), 'MAP_FORMAT'],
    ['no certificate', (header) => (header['x5c'] = []), 'MAP_FORMAT'],
    ['rubbish for a certificate', (header) => (header['x5c'] = ['AAAA']), 'MAP_SIGNER_CERTIFICATE'],
    ["another key's algorithm", (header) => (header['alg'] = 'EdDSA'), 'MAP_SIGNATURE'],
  ])('is refused for its header: %s', async (_name, change, code) => {
    const bytes = await changed((jws) => (jws.protected = reencoded(jws.protected, change)));
    expect((await refusalOfMap(bytes)).code).toBe(code);
  });

  it('is covered by the signature', async () => {
    const bytes = await changed((jws) => {
      jws.payload = reencoded(jws.payload, (payload) => (payload['nodeInfoHashes'] = []));
    });
    expect((await refusalOfMap(bytes)).code).toBe('MAP_SIGNATURE');
  });

  it('is refused with the signature of another', async () => {
    const other = JSON.parse((await signMap(map, signer, 'json')).bytes.toString()) as Jws;
    const bytes = await changed((jws) => {
      jws.payload = reencoded(jws.payload, (payload) => (payload['networkParameterHash'] = 'F'.repeat(64)));
      jws.signature = other.signature;
    });
    expect((await refusalOfMap(bytes)).code).toBe('MAP_SIGNATURE');
  });

  it.each<[string, Change]>([
    ['another version', (payload) => (payload['version'] = 2)],
    ['an unknown member', (payload) => (payload['extra'] = true)],
    ['a hash in small letters', (payload) => (payload['nodeInfoHashes'] = ['a'.repeat(64)])],
    ['no parameters', (payload) => delete payload['networkParameterHash']],
    ['an update without a deadline', (payload) => (payload['parametersUpdate'] = { hash: 'A'.repeat(64) })],
    [
      'a deadline on the 30th of February',
      (payload) =>
        (payload['parametersUpdate'] = { hash: 'A'.repeat(64), description: '', deadline: '2030-02-30T00:00:00Z' }),
    ],
  ])('is refused for its content: %s', async (_name, change) => {
    expect((await refusalOfMap(await stated(change))).code).toBe('MAP_FORMAT');
  });

  it('says where it is wrong', async () => {
    const bytes = await stated((payload) => (payload['nodeInfoHashes'] = ['A'.repeat(64), 'x']));
    expect((await refusalOfMap(bytes)).message).toMatch(/payload\/nodeInfoHashes\/1 must match pattern/);
  });
});

describe('network parameters in JSON', () => {
  it('are read back', async () => {
    const { bytes } = await signParameters(parameters, signer, 'json');
    const { document } = await verifySignedParameters(readSignedParameters(bytes), trust);
    expect(document.notaries[0]?.name.equals(holder.certificate.subject)).toBe(true);
    expect({ ...document, notaries: [] }).toEqual({ ...parameters, notaries: [] });
  });

  it.each<[string, Change, string]>([
    ['no notaries', (payload) => delete payload['notaries'], 'PARAMETERS_FORMAT'],
    ['epoch 0', (payload) => (payload['epoch'] = 0), 'PARAMETERS_FORMAT'],
    ['a size as text', (payload) => (payload['maxMessageSize'] = '1'), 'PARAMETERS_FORMAT'],
    ['a time that is none', (payload) => (payload['modifiedTime'] = 'yesterday'), 'PARAMETERS_FORMAT'],
    [
      'a notary whose name is none',
      (payload) => (payload['notaries'] = [{ name: 'Notary', publicKey: 'AAAA', validating: true }]),
      'PARAMETERS_FORMAT',
    ],
    [
      'a notary whose key is none',
      (payload) => (payload['notaries'] = [{ name: 'O=N, L=Rome, C=IT', publicKey: 'AAAA', validating: true }]),
      'PARAMETERS_CONTENT',
    ],
    ['a package that is none', (payload) => (payload['packageOwnership'] = { '1a': 'AAAA' }), 'PARAMETERS_CONTENT'],
  ])('are refused for their content: %s', async (_name, change, code) => {
    expect((await refusalOfParameters(await stated(change, 'parameters'))).code).toBe(code);
  });
});
