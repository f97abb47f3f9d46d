import { createHash } from 'node:crypto';
import { base64url } from 'jose';
import { ChainError } from '../../sidecar/certificates/chain-error';
import { identityId } from '../../sidecar/certificates/keys';
import { NetmapError } from '../../sidecar/lib/errors';
import type { Peer } from '../../sidecar/network/peer';
import { readNodeInfoJson } from '../../sidecar/network-map/node-info-json';
import { signNodeInfo, type NodeInfoContent, type SigningIdentity } from '../../sidecar/network-map/node-info-writer';
import { verifyNodeInfo } from '../../sidecar/network-map/verify-node-info';
import { dice, mutations } from './mutations';
import { issue, SampleNetwork, validity } from './sample-network';

const network = new SampleNetwork();
const trust = { roots: [network.root.certificate], at: validity.notBefore + 1 };
const name = 'O=Alice Corp, L=Madrid, C=ES';

interface Jws {
  payload: string;
  signatures: { protected: string; signature: string }[];
}

const written = async (content: NodeInfoContent): Promise<string> => (await signNodeInfo(content)).text;
const verify = async (text: string, given = trust): Promise<Peer> =>
  verifyNodeInfo(readNodeInfoJson(Buffer.from(text)), given);

/** The codes of the refusal and of its cause. */
async function refusal(text: string | Promise<string>, given = trust): Promise<string[]> {
  try {
    await verify(await text, given);
  } catch (error) {
    if (!(error instanceof NetmapError)) throw error;
    const refused = error.cause instanceof NetmapError ? [error, error.cause] : [error];
    return (refused as NetmapError[]).map(({ code }) => code);
  }
  return ['not refused'];
}

const signedBy = (...identities: SigningIdentity[]): Promise<string> => written(network.content(identities));

async function changed(text: string | Promise<string>, change: (jws: Jws) => void): Promise<string> {
  const jws = JSON.parse(await text) as Jws;
  change(jws);
  return JSON.stringify(jws);
}

function reencoded(encoded: string, change: (value: Record<string, unknown>) => void): string {
  const value = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as Record<string, unknown>;
  change(value);
  return base64url.encode(JSON.stringify(value));
}

const changedPayload = (
  text: string | Promise<string>,
  change: (payload: Record<string, unknown>) => void,
): Promise<string> => changed(text, (jws) => (jws.payload = reencoded(jws.payload, change)));

const changedHeader = (
  text: string | Promise<string>,
  change: (header: Record<string, unknown>) => void,
): Promise<string> =>
  changed(text, (jws) => jws.signatures.forEach((each) => (each.protected = reencoded(each.protected, change))));

describe('a NodeInfo in JSON', () => {
  it.each(['ed25519', 'p256', 'secp256k1', 'rsa'] as const)(
    'is read back from what was written: %s',
    async (scheme) => {
      const identity = network.legal(name, scheme);
      const addresses = [
        { host: 'a.example', port: 1 },
        { host: '::1', port: 65_535 },
      ];
      const peer = await verify(await written(network.content([identity], { addresses, serial: 2n ** 63n - 1n })));
      const [{ publicKey, subject }, nodeCa] = identity.certificates;
      const { identities, ...rest } = peer;
      expect(identities).toMatchObject([{ id: identityId(publicKey), publicKey, role: 'legal' }]);
      expect(identities[0].name.toDer()).toEqual(subject.toDer());
      expect(rest).toEqual({
        services: [],
        addresses,
        nodeCa: nodeCa?.pem(),
        platformVersion: 4,
        serial: 2n ** 63n - 1n,
      });
    },
  );

  it('has further identities, and services with plain and with composite keys', async () => {
    const identities = [
      network.legal(name),
      network.composite('O=Notary, L=Zurich, C=CH'),
      network.service('O=Oracle, L=Zurich, C=CH'),
      network.legal('O=Alice Two, L=Madrid, C=ES', 'p256'),
    ];
    const text = await signedBy(...identities);
    expect((JSON.parse(text) as Jws).signatures).toHaveLength(3);
    const peer = await verify(text);
    expect(peer.identities.map((each) => each.name.toCorda())).toEqual([name, 'O=Alice Two, L=Madrid, C=ES']);
    expect(peer.services.map((each) => each.name.toCorda())).toEqual([
      'O=Notary, L=Zurich, C=CH',
      'O=Oracle, L=Zurich, C=CH',
    ]);
  });

  it('is named after its payload, and the same payload gives the same name', async () => {
    const content = network.content([network.legal(name, 'p256')]);
    const [first, second] = [await signNodeInfo(content), await signNodeInfo(content)];
    expect(first.text).not.toBe(second.text);
    expect(first.name).toBe(second.name);
    const payload = Buffer.from((JSON.parse(first.text) as Jws).payload, 'base64url');
    expect(first.name).toBe(`nodeInfo-${createHash('sha256').update(payload).digest('hex').toUpperCase()}.json`);
  });

  it.each([
    ['not UTF-8', '\xff{}'],
    ['not JSON', '{'],
    ['another JSON', '[]'],
    ['a compact JWS', 'a.b.c'],
    ['a payload that is no base64url', '{"payload":"=","signatures":[]}'],
    ['a payload that is no JSON', '{"payload":"AAAA","signatures":[]}'],
    ['nested without end', '['.repeat(200_000)],
  ])('is refused when it is %s', async (_name, text) => {
    const reading = Promise.resolve().then(() => readNodeInfoJson(Buffer.from(text, 'latin1')));
    await expect(reading).rejects.toMatchObject({ code: 'NODE_INFO_FORMAT' });
  });

  it.each<[string, (payload: Record<string, unknown>) => void]>([
    ['another version', (payload) => (payload['version'] = 2)],
    ['an unknown member', (payload) => (payload['extra'] = true)],
    ['no address', (payload) => (payload['addresses'] = [])],
    ['port 0', (payload) => (payload['addresses'] = [{ host: 'a', port: 0 }])],
    ['serial 0', (payload) => (payload['serial'] = 0)],
    ['a serial that lost digits', (payload) => (payload['serial'] = 2 ** 60)],
    ['a serial that is no number', (payload) => (payload['serial'] = '0x10')],
    ['platform version 0', (payload) => (payload['platformVersion'] = 0)],
    ['no identity', (payload) => (payload['identities'] = [])],
    ['another role', (payload) => (payload['identities'] = [{ name, role: 'node' }])],
  ])('is refused for its form: %s', async (_name, change) => {
    expect(await refusal(changedPayload(signedBy(network.legal(name)), change))).toEqual(['NODE_INFO_FORMAT']);
  });

  it('says where the form is wrong', async () => {
    const text = await changedPayload(
      signedBy(network.legal(name)),
      (payload) => (payload['addresses'] = [{ host: 'a', port: 0 }]),
    );
    await expect(verify(text)).rejects.toThrow(/payload\/addresses\/0\/port must be >= 1/);
  });

  it.each<[string, (header: Record<string, unknown>) => void, string]>([
    ['another type', (header) => (header['typ'] = 'JWT'), 'NODE_INFO_FORMAT'],
    ['no signature algorithm', (header) => (header['alg'] = 'none'), 'NODE_INFO_FORMAT'],
    ['a secret key', (header) => (header['alg'] = 'HS256'), 'NODE_INFO_FORMAT'],
    ['an extension', (header) => Object.assign(header, { crit: ['b64'], b64: false }), 'NODE_INFO_FORMAT'],
    ["another key's algorithm", (header) => (header['alg'] = 'ES256'), 'NODE_INFO_SIGNATURE_INVALID'],
    ['no certificate', (header) => (header['x5c'] = []), 'NODE_INFO_FORMAT'],
    ['rubbish for a certificate', (header) => (header['x5c'] = ['AAAA']), 'NODE_INFO_CERTIFICATE'],
  ])('is refused for its header: %s', async (_name, change, code) => {
    expect((await refusal(changedHeader(signedBy(network.legal(name)), change)))[0]).toBe(code);
  });
});

describe('signatures', () => {
  it('cover the payload', async () => {
    const text = await changedPayload(signedBy(network.legal(name)), (payload) => (payload['serial'] = 8));
    expect(await refusal(text)).toEqual(['NODE_INFO_SIGNATURE_INVALID']);
  });

  it('are made by the identities, in their order', async () => {
    const both = await signedBy(network.legal(name), network.legal('O=Bob, L=Rome, C=IT'));
    expect(await refusal(changed(both, (jws) => jws.signatures.reverse()))).toEqual(['NODE_INFO_NAME']);
    const swapped = changed(both, ({ signatures: [first, second] }) => {
      if (first !== undefined && second !== undefined)
        [first.signature, second.signature] = [second.signature, first.signature];
    });
    expect(await refusal(swapped)).toEqual(['NODE_INFO_SIGNATURE_INVALID']);
  });

  it('are neither missing nor more than the identities', async () => {
    const text = await signedBy(network.legal(name));
    expect(await refusal(changed(text, (jws) => jws.signatures.pop()))).toEqual(['NODE_INFO_SIGNATURE_MISSING']);
    expect(await refusal(changed(text, (jws) => jws.signatures.push(...jws.signatures)))).toEqual([
      'NODE_INFO_SIGNATURE_SURPLUS',
    ]);
  });

  it('cannot be left out by giving the certificates of a plain key as those of a composite one', async () => {
    const text = await changedPayload(signedBy(network.legal(name)), (payload) => {
      const x5c = network.legal(name).certificates.map((each) => Buffer.from(each.der).toString('base64'));
      payload['identities'] = [{ name, role: 'legal', x5c }];
    });
    expect(await refusal(changed(text, (jws) => (jws.signatures = [])))).toEqual(['NODE_INFO_SIGNATURE_MISSING']);
  });

  it('are asked of every legal identity, which a composite key cannot give', async () => {
    const composite = network.composite('O=Bob, L=Rome, C=IT', 'legal');
    expect(await refusal(signedBy(network.legal(name), composite))).toEqual(['NODE_INFO_IDENTITY']);
  });
});

describe('what is signed', () => {
  const nodeCa = issue(name, 'NODE_CA', network.doorman);
  const legalFrom = (from: typeof nodeCa, subject = name): SigningIdentity =>
    network.identity('legal', issue(subject, 'LEGAL_IDENTITY', from), from);

  it.each<[string, () => Promise<string>, string[]]>([
    [
      'a legal identity from the doorman',
      () => signedBy(network.identity('legal', issue(name, 'LEGAL_IDENTITY', network.doorman))),
      ['NODE_INFO_ROLE'],
    ],
    [
      'a TLS certificate',
      () => signedBy(network.identity('legal', issue(name, 'TLS', nodeCa), nodeCa)),
      ['NODE_INFO_ROLE', 'CHAIN_ROLE'],
    ],
    [
      'a service from a node CA',
      () => signedBy(network.legal(name), network.identity('service', issue(name, 'SERVICE_IDENTITY', nodeCa), nodeCa)),
      ['NODE_INFO_ROLE', 'CHAIN_ROLE'],
    ],
    [
      'a legal identity of another name than its node CA',
      () =>
        signedBy(
          legalFrom(issue(name, 'NODE_CA', network.doorman, { nameConstraints: undefined }), 'O=Bob, L=Rome, C=IT'),
        ),
      ['NODE_INFO_CHAIN', 'CHAIN_ROLE_NAME'],
    ],
    [
      'a name outside the constraints of its node CA',
      () => signedBy(legalFrom(nodeCa, 'O=Bob, L=Rome, C=IT')),
      ['NODE_INFO_CHAIN', 'CHAIN_NAME_CONSTRAINT'],
    ],
    [
      'a node CA without constraints',
      () => signedBy(legalFrom(issue(name, 'NODE_CA', network.doorman, { nameConstraints: undefined }))),
      ['NODE_INFO_CHAIN', 'CHAIN_NODE_CA_UNCONSTRAINED'],
    ],
    [
      'a name that Corda does not allow',
      () => signedBy(network.legal('O=Alice, C=ES')),
      ['NODE_INFO_NAME', 'X500_NAME_NOT_CORDA'],
    ],
    [
      'a service in the first place',
      () => signedBy(network.service('O=Oracle, L=Zurich, C=CH')),
      ['NODE_INFO_IDENTITY'],
    ],
    [
      'a role that the certificate does not have',
      () => signedBy({ ...network.legal(name), role: 'service' }),
      ['NODE_INFO_ROLE'],
    ],
    ['one name twice', () => signedBy(network.legal(name), network.legal(name)), ['NODE_INFO_IDENTITY']],
    [
      'a host that is none',
      () => written(network.content([network.legal(name)], { addresses: [{ host: 'a b', port: 1 }] })),
      ['NODE_INFO_ADDRESS'],
    ],
    [
      'a serial beyond 63 bits',
      () => written(network.content([network.legal(name)], { serial: 2n ** 63n })),
      ['NODE_INFO_SERIAL'],
    ],
    [
      'a chain to another root',
      () => signedBy(new SampleNetwork().legal(name)),
      ['NODE_INFO_CHAIN', 'CHAIN_UNKNOWN_ROOT'],
    ],
  ])('is refused: %s', async (_name, text, codes) => {
    expect(await refusal(text())).toEqual(codes);
  });

  it('is refused when it states another name than the certificate', async () => {
    const text = await changedPayload(
      signedBy(network.legal(name)),
      (payload) => (payload['identities'] = [{ name: 'O=B, L=Rome, C=IT', role: 'legal' }]),
    );
    expect(await refusal(text)).toEqual(['NODE_INFO_NAME']);
  });

  it('is refused out of its time', async () => {
    const text = await signedBy(network.legal(name));
    const expired = await refusal(text, { ...trust, at: validity.notAfter + 1_000 });
    expect(expired).toEqual(['NODE_INFO_CHAIN', 'CHAIN_EXPIRED']);
    const cause = await verify(text, { ...trust, at: validity.notBefore - 1_000 }).catch(
      (error: unknown) => (error as Error).cause,
    );
    expect(cause).toBeInstanceOf(ChainError);
  });
});

describe('signNodeInfo', () => {
  it.each<[string, () => NodeInfoContent, string]>([
    [
      'an identity without its private key',
      () => network.content([{ ...network.legal(name), privateKey: undefined }]),
      'NODE_INFO_SIGNATURE_MISSING',
    ],
    [
      "another's private key",
      () => network.content([{ ...network.legal(name), privateKey: network.root.privateKey }]),
      'NODE_INFO_SIGNATURE_INVALID',
    ],
    [
      'a private key that is none',
      () => network.content([{ ...network.legal(name), privateKey: 'rubbish' }]),
      'NODE_INFO_SIGNATURE_INVALID',
    ],
    ['no identity', () => network.content([]), 'NODE_INFO_FORMAT'],
    ['serial 0', () => network.content([network.legal(name)], { serial: 0n }), 'NODE_INFO_FORMAT'],
  ])('refuses %s', async (_name, content, code) => {
    await expect(signNodeInfo(content())).rejects.toMatchObject({ code });
  });
});

describe('mutations', () => {
  let bytes: Buffer;
  let other: Buffer;
  beforeAll(async () => {
    bytes = Buffer.from(await signedBy(network.legal(name), network.composite('O=Notary, L=Zurich, C=CH')));
    other = Buffer.from(await signedBy(network.legal('O=Bob, L=Rome, C=IT', 'p256')));
  });

  it.each(Object.entries(mutations))('%s: refused for a reason, or the same', async (mutation, mutate) => {
    const original = await verify(bytes.toString());
    const roll = dice(mutation.length);
    for (let round = 0; round < 60; round += 1) {
      const mutated = mutate(bytes, roll, other);
      const result = await Promise.resolve()
        .then(() => verifyNodeInfo(readNodeInfoJson(mutated), trust))
        .catch((error: unknown) => error);
      if (!(result instanceof NetmapError)) expect(result).toEqual(original);
    }
  });
});
