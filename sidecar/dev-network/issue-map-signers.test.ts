import { randomBytes } from 'node:crypto';
import type { NetworkMapDocument } from '../network-map/network-map';
import type { NetworkParametersDocument } from '../network-map/network-parameters';
import { signMap, signParameters } from '../network-map/sign-document';
import { readSignedMap, readSignedParameters } from '../network-map/signed-document';
import { verifySignedMap, verifySignedParameters } from '../network-map/verify-document';
import { issueAuthority } from './issue-corda';
import { issueMapSigners } from './issue-map-signers';

const at = Date.parse('2026-06-01T00:00:00Z');
const settings = {
  validity: { notBefore: at - 1_000, notAfter: at + 1_000 },
  random: (size: number) => randomBytes(size),
};
const map: NetworkMapDocument = { nodeInfoHashes: [], networkParameterHash: 'A'.repeat(64) };
const parameters: NetworkParametersDocument = {
  minimumPlatformVersion: 4,
  notaries: [],
  maxMessageSize: 10_485_760,
  maxTransactionSize: 524_288_000,
  modifiedTime: { seconds: at / 1_000, nanos: 0 },
  epoch: 1,
  whitelistedContractImplementations: new Map(),
  eventHorizon: 2_592_000_000,
  packageOwnership: new Map(),
};

it('issues who may sign maps, and who may sign parameters alone', async () => {
  const { root } = issueAuthority(settings);
  const signers = issueMapSigners(root, settings);
  const trust = { roots: [root.chain[0]], at };
  const { bytes } = await signMap(map, signers.map, 'corda');
  expect((await verifySignedMap(readSignedMap(bytes), trust)).document).toEqual(map);
  await expect(signMap(map, signers.parameters, 'corda')).rejects.toMatchObject({ code: 'MAP_SIGNER_ROLE' });
  const file = await signParameters(parameters, signers.parameters, 'corda');
  expect((await verifySignedParameters(readSignedParameters(file.bytes), trust)).document).toEqual(parameters);
});
