import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Certificate } from '../../sidecar/certificates/certificate';
import { packageRoot } from '../../sidecar/lib/package-root';
import { readSignedNodeInfo } from '../../sidecar/network-map/signed-node-info';

const folder = join(packageRoot(), 'test', 'fixtures', 'corda');

export interface ExpectedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly cordaRoleId: number | null;
  readonly serial: string;
  readonly sha256: string;
}

/** One node as the Corda code that wrote its NodeInfo saw it. */
export interface ExpectedNode {
  readonly alias: string;
  readonly fileName: string;
  readonly nodeInfoHash: string;
  readonly rawLength: number;
  readonly addresses: readonly string[];
  readonly platformVersion: number;
  readonly serial: number;
  readonly signatures: readonly string[];
  readonly identities: readonly {
    readonly name: string;
    readonly keyScheme: string;
    readonly keyEncodedHex: string;
    readonly toStringShort: string;
    readonly certPath: readonly ExpectedCertificate[];
  }[];
}

export const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
  readonly root: ExpectedCertificate;
  readonly nodes: readonly ExpectedNode[];
};

/** The certificates of the samples are valid until 2027-05-20. */
export const at = Date.parse('2026-12-01T00:00:00Z');

export const nodeInfoBytes = ({ fileName }: ExpectedNode): Buffer =>
  readFileSync(join(folder, 'additional-node-infos', fileName));

export const negativeBytes = (name: string): Buffer => readFileSync(join(folder, 'negative', name));

export function nodeOf(alias: string): ExpectedNode {
  const node = expected.nodes.find((each) => each.alias === alias);
  if (node === undefined) throw new Error(`no sample ${alias}`);
  return node;
}

/** The development network's root, as the samples carry it. */
export function rootCertificate(): Certificate {
  const der = readSignedNodeInfo(nodeInfoBytes(nodeOf('alice'))).nodeInfo.identities[0]?.certificates.at(-1);
  const isRoot =
    der !== undefined && createHash('sha256').update(der).digest('hex').toUpperCase() === expected.root.sha256;
  if (!isRoot) throw new Error('the sample does not end at the expected root');
  return Certificate.fromDer(der);
}
