import { createHash } from 'node:crypto';
import { verifySignature } from '../../sidecar/certificates/keys';
import { CordaObject } from '../../sidecar/network-map/corda-blob/corda-value';
import { decodeCordaBlob } from '../../sidecar/network-map/corda-blob/decode';
import { bytesField, fieldOf, objectOf } from '../../sidecar/network-map/corda-blob/fields';
import { hashFromCorda, publicKeyFromCorda } from '../../sidecar/network-map/corda-values';
import { isJwsBy, type JwsSignature } from '../../sidecar/network-map/jws';
import { signParametersAck } from '../../sidecar/network-map/parameters-ack';
import type { DocumentSigner } from '../../sidecar/network-map/sign-document';
import { SampleNetwork } from './sample-network';

const network = new SampleNetwork();
const { privateKey = '', certificates: chain } = network.legal('O=Alice Corp, L=Madrid, C=ES');
const signer: DocumentSigner = { privateKey, chain };
const hash = createHash('sha256').update('parameters').digest('hex').toUpperCase();

describe('the acknowledgement of network parameters', () => {
  it('in Corda’s form is the hash, signed, with the key', async () => {
    const signed = objectOf(
      decodeCordaBlob(await signParametersAck(hash, signer, 'corda')),
      'net.corda.core.crypto.SignedData',
    );
    const raw = bytesField(fieldOf(signed, 'raw') as CordaObject, 'bytes');
    const signature = fieldOf(signed, 'sig') as CordaObject;
    expect(hashFromCorda(decodeCordaBlob(raw))).toBe(hash);
    expect(publicKeyFromCorda(fieldOf(signature, 'by'))).toEqual(Buffer.from(chain[0].publicKey));
    expect(verifySignature(chain[0].publicKey, undefined, raw, bytesField(signature, 'bytes'))).toBe(true);
  });

  it('in JSON is a JWS', async () => {
    const jws = JSON.parse((await signParametersAck(hash, signer, 'json')).toString()) as JwsSignature & {
      payload: string;
    };
    expect(JSON.parse(Buffer.from(jws.payload, 'base64url').toString())).toEqual({ version: 1, parametersHash: hash });
    expect(JSON.parse(Buffer.from(jws.protected, 'base64url').toString())).toMatchObject({
      alg: 'EdDSA',
      typ: 'parametersack+jws',
    });
    const { payload, ...signature } = jws;
    expect(await isJwsBy(payload, signature, chain[0].publicKey)).toBe(true);
  });

  it.each(['corda', 'json'] as const)('is not given for what is no hash, nor with another key: %s', async (form) => {
    await expect(signParametersAck('x', signer, form)).rejects.toMatchObject({ code: 'PARAMETERS_HASH' });
    const thief = { ...signer, privateKey: network.root.privateKey };
    await expect(signParametersAck(hash, thief, form)).rejects.toMatchObject({ code: 'PARAMETERS_SIGNER_KEY' });
  });
});
