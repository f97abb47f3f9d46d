import { createPrivateKey, sign } from 'node:crypto';
import {
  derBits,
  derBoolean,
  derExplicit,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  derTime,
} from '../../../sidecar/certificates/der-writer';
import { schemeOf, signatureAlgorithmOf } from '../../../sidecar/certificates/keys';
import type { Credential } from '../../../sidecar/dev-network/credential';

export interface ListContent {
  /** Serial numbers in hexadecimal. */
  readonly serials: readonly string[];
  readonly thisUpdate: number;
  readonly nextUpdate?: number;
  /** Object identifier of an extension that nobody understands. */
  readonly critical?: string;
}

/** A revocation list by a CA with an ECDSA key, DER. */
export function issueList(ca: Credential, { serials, thisUpdate, nextUpdate, critical }: ListContent): Uint8Array {
  const key = createPrivateKey(ca.privateKey);
  const algorithm = derSequence(derOid(signatureAlgorithmOf(schemeOf(key))));
  const entries = serials.map((serial) => derSequence(derInteger(BigInt(`0x${serial}`)), derTime(thisUpdate)));
  const extension =
    critical === undefined
      ? []
      : [derExplicit(0, derSequence(derSequence(derOid(critical), derBoolean(true), derOctets(derInteger(1)))))];
  const body = derSequence(
    derInteger(1),
    algorithm,
    ca.chain[0].subject.toDer(),
    derTime(thisUpdate),
    ...(nextUpdate === undefined ? [] : [derTime(nextUpdate)]),
    ...(entries.length === 0 ? [] : [derSequence(...entries)]),
    ...extension,
  );
  return derSequence(body, algorithm, derBits(sign('sha256', body, key)));
}
