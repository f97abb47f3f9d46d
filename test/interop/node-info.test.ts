import { createHash } from 'node:crypto';
import { Certificate } from '../../sidecar/certificates/certificate';
import { ChainError } from '../../sidecar/certificates/chain-error';
import type { HostAndPort } from '../../sidecar/network/identity';
import { decodeCordaBlob } from '../../sidecar/network-map/corda-blob/decode';
import { CordaObject } from '../../sidecar/network-map/corda-blob/corda-value';
import { NodeInfoError } from '../../sidecar/network-map/node-info-error';
import { readSignedNodeInfo } from '../../sidecar/network-map/signed-node-info';
import { verifyNodeInfo } from '../../sidecar/network-map/verify-node-info';
import { at, expected, negativeBytes, nodeInfoBytes, nodeOf, rootCertificate } from './corda-node-infos';

const trust = { roots: [rootCertificate()], at };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();
const text = ({ host, port }: HostAndPort): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

async function refusal(bytes: Uint8Array, given = trust): Promise<NodeInfoError> {
  const error: unknown = await verifyNodeInfo(readSignedNodeInfo(bytes), given).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof NodeInfoError) return error;
  throw new Error('it was not refused as a NodeInfo', { cause: error });
}

describe.each(expected.nodes.map((node) => [node.alias, node] as const))('the NodeInfo of %s', (_alias, node) => {
  const signed = readSignedNodeInfo(nodeInfoBytes(node));

  it('is read as Corda wrote it', () => {
    expect(signed.hash).toBe(node.nodeInfoHash);
    expect(signed.raw).toHaveLength(node.rawLength);
    expect(signed.signatures.map(({ bytes }) => hex(bytes))).toEqual(node.signatures);
    expect(signed.nodeInfo.serial).toBe(BigInt(node.serial));
    expect(signed.nodeInfo.platformVersion).toBe(node.platformVersion);
  });

  it('has the certificates, from the identity to the root', () => {
    const paths = signed.nodeInfo.identities.map(({ certificates }) =>
      certificates.map((der) => Certificate.fromDer(der)),
    );
    expect(
      paths.map((path) =>
        path.map((one) => ({
          subject: one.subject.equals(one.issuer) ? 'self' : 'other',
          role: one.cordaRole ?? null,
          serial: one.serial,
          sha256: createHash('sha256').update(one.der).digest('hex').toUpperCase(),
        })),
      ),
    ).toEqual(
      node.identities.map(({ certPath }) =>
        certPath.map((one) => ({
          subject: one.subject === one.issuer ? 'self' : 'other',
          role: one.cordaRoleId,
          serial: one.serial,
          sha256: one.sha256,
        })),
      ),
    );
    expect(paths.map(([own]) => own?.subject.toCorda())).toEqual(node.identities.map(({ name }) => name));
  });

  it('verifies, and gives the peer with the ids that Corda gives', async () => {
    const peer = await verifyNodeInfo(signed, trust);
    expect(
      [...peer.identities, ...peer.services].map(({ id, name, publicKey, role }) => [
        id,
        name.toCorda(),
        hex(publicKey),
        role,
      ]),
    ).toEqual(
      node.identities.map((identity) => [
        identity.toStringShort,
        identity.name,
        identity.keyEncodedHex,
        identity.certPath[0]?.cordaRoleId === 3 ? 'service' : 'legal',
      ]),
    );
    expect(peer.addresses.map(text)).toEqual(node.addresses);
    expect(
      createHash('sha256')
        .update(Buffer.from(peer.nodeCa.replace(/-----[^-]*-----|\s/g, ''), 'base64'))
        .digest('hex')
        .toUpperCase(),
    ).toBe(node.identities[0]?.certPath[1]?.sha256);
    expect([peer.serial, peer.platformVersion]).toEqual([BigInt(node.serial), node.platformVersion]);
  });
});

describe('NodeInfos that Corda wrote to be refused, or in another encoding', () => {
  it.each(['node-info-deflate-encoded', 'node-info-snappy-encoded'])(
    'takes %s: the same content, compressed',
    async (name) => {
      const plain = await verifyNodeInfo(readSignedNodeInfo(nodeInfoBytes(nodeOf('alice'))), trust);
      expect(await verifyNodeInfo(readSignedNodeInfo(negativeBytes(name)), trust)).toEqual(plain);
    },
  );

  it.each([
    ['node-info-no-signature', 'NODE_INFO_SIGNATURE_MISSING'],
    ['node-info-signed-by-other', 'NODE_INFO_SIGNATURE_INVALID'],
  ])('refuses %s', async (name, code) => {
    expect((await refusal(negativeBytes(name))).code).toBe(code);
  });

  it('refuses a network map in the place of a NodeInfo', () => {
    expect(() => readSignedNodeInfo(negativeBytes('network-map-bad-signature'))).toThrow(/SignedNodeInfo was expected/);
  });

  it('reads the network maps all the same', () => {
    const map = decodeCordaBlob(negativeBytes('network-map-wrong-role'));
    expect(map).toBeInstanceOf(CordaObject);
  });
});

describe('trust', () => {
  const bytes = nodeInfoBytes(nodeOf('notary'));

  it.each([
    ['CHAIN_EXPIRED', Date.parse('2027-06-01T00:00:00Z')],
    ['CHAIN_NOT_YET_VALID', Date.parse('2016-01-01T00:00:00Z')],
  ])('depends on the time: %s', async (code, time) => {
    const error = await refusal(bytes, { ...trust, at: time });
    expect(error.code).toBe('NODE_INFO_CHAIN');
    expect(error.cause).toBeInstanceOf(ChainError);
    expect((error.cause as ChainError).code).toBe(code);
  });

  it('depends on the roots', async () => {
    const error = await refusal(bytes, { ...trust, roots: [] });
    expect([error.code, (error.cause as ChainError).code]).toEqual(['NODE_INFO_CHAIN', 'CHAIN_UNKNOWN_ROOT']);
  });
});
