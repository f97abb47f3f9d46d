import { readKeyStore } from '../../sidecar/certificates/key-store';
import { identityId } from '../../sidecar/certificates/keys';
import { X500Name } from '../../sidecar/certificates/x500-name';
import { readBulk, writeBulk } from '../../sidecar/network-map/bulk';
import { CordaObject } from '../../sidecar/network-map/corda-blob/corda-value';
import { decodeCordaBlob } from '../../sidecar/network-map/corda-blob/decode';
import { encodeCordaBlob } from '../../sidecar/network-map/corda-blob/encode';
import { formatInstant } from '../../sidecar/network-map/instant';
import { mapToCorda } from '../../sidecar/network-map/map-blob';
import { nodeInfoFileName, signNodeInfoBlob } from '../../sidecar/network-map/node-info-blob';
import { parametersToCorda } from '../../sidecar/network-map/parameters-blob';
import { signMap, type DocumentSigner } from '../../sidecar/network-map/sign-document';
import { readSignedMap, readSignedParameters } from '../../sidecar/network-map/signed-document';
import { readSignedNodeInfo } from '../../sidecar/network-map/signed-node-info';
import {
  readMap,
  readParameters,
  verifySignedMap,
  verifySignedParameters,
} from '../../sidecar/network-map/verify-document';
import { verifyNodeInfo } from '../../sidecar/network-map/verify-node-info';
import { documentBytes, expectedDocuments } from './corda-documents';
import { at, expected, negativeBytes, nodeInfoBytes, nodeOf, rootCertificate } from './corda-node-infos';

const trust = { roots: [rootCertificate()], at };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();
const { networkMaps, networkParameters } = expectedDocuments;

function rewritten(blob: Uint8Array): Buffer {
  const value = decodeCordaBlob(blob);
  if (value instanceof CordaObject) return encodeCordaBlob(value);
  throw new Error('it is no object');
}

describe.each(networkMaps.map((map) => [map.file, map] as const))('%s', (file, map) => {
  const signed = readSignedMap(documentBytes(file));

  it('is read and verified as Corda wrote it', async () => {
    const { document, hash, signer } = await verifySignedMap(signed, trust);
    expect(hash).toBe(map.rawHash);
    expect(document.nodeInfoHashes).toEqual(map.nodeInfoHashes);
    expect(document.networkParameterHash).toBe(map.networkParameterHash);
    const update = document.parametersUpdate;
    expect(update && { ...update, deadline: formatInstant(update.deadline) }).toEqual(
      map.parametersUpdate && {
        hash: map.parametersUpdate.newParametersHash,
        description: map.parametersUpdate.description,
        deadline: map.parametersUpdate.updateDeadline,
      },
    );
    expect(hex(signed.signature.bytes)).toBe(map.signature);
    expect(signer.fingerprint.toUpperCase()).toBe(map.signer.sha256);
  });

  it('is written to the same bytes, content and wrapper', () => {
    expect(encodeCordaBlob(mapToCorda(readMap(signed))).equals(signed.raw)).toBe(true);
    expect(rewritten(documentBytes(file)).equals(documentBytes(file))).toBe(true);
  });
});

describe('network parameters', () => {
  const signed = readSignedParameters(documentBytes('network-parameters'));

  it('are read and verified as Corda wrote them', async () => {
    const { document, hash, signer } = await verifySignedParameters(signed, trust);
    expect(hash).toBe(networkParameters.rawHash);
    expect(document).toMatchObject({
      minimumPlatformVersion: networkParameters.minimumPlatformVersion,
      maxMessageSize: networkParameters.maxMessageSize,
      maxTransactionSize: networkParameters.maxTransactionSize,
      epoch: networkParameters.epoch,
      eventHorizon: 720 * 3_600_000,
    });
    expect(formatInstant(document.modifiedTime)).toBe(networkParameters.modifiedTime);
    expect(
      document.notaries.map(({ name, publicKey, validating }) => [name.toCorda(), hex(publicKey), validating]),
    ).toEqual(networkParameters.notaries.map((notary) => [notary.name, notary.keyEncodedHex, notary.validating]));
    expect(Object.fromEntries(document.whitelistedContractImplementations)).toEqual(
      networkParameters.whitelistedContractImplementations,
    );
    expect([...document.packageOwnership].map(([name, key]) => [name, identityId(key)])).toEqual(
      Object.entries(networkParameters.packageOwnership),
    );
    expect(hex(signed.signature.bytes)).toBe(networkParameters.signature);
    expect(signer.fingerprint.toUpperCase()).toBe(networkParameters.signer.sha256);
  });

  it.each(['network-parameters', 'network-parameters-2'])('are written to the same bytes: %s', (file) => {
    const { raw } = readSignedParameters(documentBytes(file));
    expect(rewritten(raw).equals(raw)).toBe(true);
    expect(rewritten(documentBytes(file)).equals(documentBytes(file))).toBe(true);
  });

  it('are written to the same bytes from the document, too', () => {
    expect(encodeCordaBlob(parametersToCorda(readParameters(signed))).equals(signed.raw)).toBe(true);
  });

  it('are the second ones that the second map announces', async () => {
    const second = await verifySignedParameters(readSignedParameters(documentBytes('network-parameters-2')), trust);
    const map = await verifySignedMap(readSignedMap(documentBytes('network-map-2')), trust);
    expect(second.hash).toBe(networkParameters.rawHash2);
    expect(map.document.parametersUpdate?.hash).toBe(second.hash);
    expect(second.document.maxMessageSize).toBeGreaterThan(networkParameters.maxMessageSize);
  });
});

describe('what is refused', () => {
  it.each([
    ['network-map-bad-signature', 'MAP_SIGNATURE', undefined],
    ['network-map-other-root', 'MAP_CHAIN', 'CHAIN_UNKNOWN_ROOT'],
    ['network-map-wrong-role', 'MAP_SIGNER_ROLE', undefined],
  ])('%s: %s', async (file, code, cause) => {
    const refusal = verifySignedMap(readSignedMap(negativeBytes(file)), trust);
    await expect(refusal).rejects.toMatchObject(cause === undefined ? { code } : { code, cause: { code: cause } });
  });

  it('parameters in the place of a map, by the role of their signer', async () => {
    const refusal = verifySignedMap(readSignedMap(documentBytes('network-parameters')), trust);
    await expect(refusal).rejects.toMatchObject({ code: 'MAP_SIGNER_ROLE' });
  });

  it('a map in the place of parameters, by its content, as its signer may sign both', async () => {
    const refusal = verifySignedParameters(readSignedParameters(documentBytes('network-map-1')), trust);
    await expect(refusal).rejects.toMatchObject({ code: 'PARAMETERS_FORMAT', cause: { code: 'CORDA_BLOB_SHAPE' } });
  });

  it('a NodeInfo in the place of either', () => {
    const [node] = expected.nodes;
    const bytes = node === undefined ? Buffer.alloc(0) : nodeInfoBytes(node);
    expect(() => readSignedMap(bytes)).toThrow(expect.objectContaining({ code: 'MAP_FORMAT' }) as Error);
    expect(() => readSignedParameters(bytes)).toThrow(expect.objectContaining({ code: 'PARAMETERS_FORMAT' }) as Error);
  });

  it('a document that is not the one that was asked for', async () => {
    const signed = readSignedParameters(documentBytes('network-parameters'));
    const hash = networkParameters.rawHash2;
    await expect(verifySignedParameters(signed, { ...trust, hash })).rejects.toMatchObject({ code: 'PARAMETERS_HASH' });
    expect((await verifySignedParameters(signed, { ...trust, hash: signed.hash })).hash).toBe(signed.hash);
  });

  it('a map out of the time of its certificates', async () => {
    const signed = readSignedMap(documentBytes('network-map-1'));
    const refusal = verifySignedMap(signed, { ...trust, at: Date.parse('2100-01-01T00:00:00Z') });
    await expect(refusal).rejects.toMatchObject({ code: 'MAP_CHAIN', cause: { code: 'CHAIN_EXPIRED' } });
  });
});

describe('a bulk answer', () => {
  const bytes = documentBytes('node-infos-bulk');
  const bulk = readBulk(bytes);

  it('has the map and its NodeInfos', async () => {
    const { document } = await verifySignedMap(bulk.map, trust);
    expect(document.nodeInfoHashes).toEqual(networkMaps[0]?.nodeInfoHashes);
    expect(bulk.nodeInfos.map(({ hash }) => hash)).toEqual(document.nodeInfoHashes);
    const peers = await Promise.all(bulk.nodeInfos.map((nodeInfo) => verifyNodeInfo(nodeInfo, trust)));
    const names = expected.nodes.map(({ identities: [first] }) => first?.name);
    expect(peers.map(({ identities: [first] }) => first.name.toCorda()).sort()).toEqual(names.sort());
    expect(bulk.unreadable.size).toBe(0);
  });

  it('is written to the same bytes', () => {
    expect(writeBulk(bulk.map, bulk.nodeInfos).equals(bytes)).toBe(true);
  });

  it('keeps the others when one NodeInfo cannot be read', () => {
    const parts = bulk.nodeInfos.map(({ raw, signatures }, place) => {
      return { raw: place === 2 ? raw.subarray(0, 100) : raw, signatures };
    });
    const read = readBulk(writeBulk(bulk.map, parts));
    expect(read.nodeInfos).toHaveLength(5);
    expect([...read.unreadable].map(([place, { code }]) => [place, code])).toEqual([[2, 'CORDA_BLOB_AMQP']]);
  });

  it('may be of no node', () => {
    expect(readBulk(writeBulk(bulk.map, []))).toMatchObject({ nodeInfos: [], map: { hash: bulk.map.hash } });
  });

  it.each([
    ['a single NodeInfo', negativeBytes('node-info-no-signature')],
    ['a single map', documentBytes('network-map-1')],
    ['half an answer', bytes.subarray(0, bytes.length / 2)],
    ['nothing', Buffer.alloc(0)],
  ])('is not %s', (_name, wrong) => {
    expect(() => readBulk(wrong)).toThrow(expect.objectContaining({ code: 'MAP_FORMAT' }) as Error);
  });
});

describe('NodeInfos', () => {
  it.each(expected.nodes.map((node) => [node.alias, node] as const))('of %s: the same bytes', (alias, node) => {
    const bytes = nodeInfoBytes(node);
    expect(rewritten(bytes).equals(bytes)).toBe(true);
    const { raw } = readSignedNodeInfo(bytes);
    expect(rewritten(raw).equals(raw)).toBe(true);
    expect(alias).toBe(node.alias);
  });
});

describe('signing with the keys of Corda', () => {
  function signerFrom(store: string, alias: string): DocumentSigner {
    const { keys } = readKeyStore(documentBytes(store), 'cordacadevpass');
    const key = keys.find((each) => each.alias === alias);
    const [own, ...above] = key?.chain ?? [];
    if (key === undefined || own === undefined) throw new Error(`no key ${alias}`);
    return { privateKey: key.privateKey, chain: [own, ...above] };
  }

  it('gives the map that Corda gave, but for the signature, which differs each time', async () => {
    const signed = readSignedMap(documentBytes('network-map-1'));
    const file = await signMap(readMap(signed), signerFrom('pki/network-map-keys.jks', 'networkmap'), 'corda');
    const again = readSignedMap(file.bytes);
    expect(file.hash).toBe(networkMaps[0]?.rawHash);
    expect(again.signature.certificates).toEqual(signed.signature.certificates);
    expect((await verifySignedMap(again, trust)).document).toEqual(readMap(signed));
  });

  it('gives the very file that Corda gave for a node with an Ed25519 key', () => {
    const node = nodeOf('alice');
    const { privateKey, chain } = signerFrom('nodes/alice/certificates/nodekeystore.jks', 'identity-private-key');
    const [address = ''] = node.addresses;
    const [host = '', port = ''] = address.split(':');
    const file = signNodeInfoBlob({
      addresses: [{ host, port: Number(port) }],
      platformVersion: node.platformVersion,
      serial: BigInt(node.serial),
      identities: [{ role: 'legal', certificates: chain, privateKey }],
    });
    expect([file.name, file.hash]).toEqual([node.fileName, node.nodeInfoHash]);
    expect(file.bytes.equals(nodeInfoBytes(node))).toBe(true);
  });

  it.each(expected.nodes.map((node) => [node.alias, node] as const))(
    'gives the file of %s its name',
    (_alias, node) => {
      const name = X500Name.parse(node.identities[0]?.name ?? '');
      expect(nodeInfoFileName(name)).toBe(node.fileName);
    },
  );
});
