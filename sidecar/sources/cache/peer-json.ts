import { X500Name } from '../../certificates/x500-name';
import type { HostAndPort, Identity } from '../../network/identity';
import type { Peer } from '../../network/peer';

/** A verified peer as plain JSON. */
export interface PeerJson {
  readonly identities: readonly IdentityJson[];
  readonly services: readonly IdentityJson[];
  readonly addresses: readonly HostAndPort[];
  readonly nodeCa: string;
  readonly platformVersion: number;
  readonly serial: string;
}

interface IdentityJson {
  readonly id: string;
  /** DER, base64. */
  readonly name: string;
  readonly publicKey: string;
}

export function peerToJson(peer: Peer): PeerJson {
  return {
    identities: peer.identities.map(identityToJson),
    services: peer.services.map(identityToJson),
    addresses: peer.addresses,
    nodeCa: peer.nodeCa,
    platformVersion: peer.platformVersion,
    serial: peer.serial.toString(),
  };
}

/** Throws X500NameError, RangeError or TypeError for what `peerToJson` did not write. */
export function peerFromJson(json: PeerJson): Peer {
  const [first, ...others] = json.identities.map((identity) => identityFromJson(identity, 'legal'));
  const [address, ...addresses] = json.addresses;
  if (first === undefined || address === undefined) throw new RangeError('a peer without identity or address');
  return {
    identities: [first, ...others],
    services: json.services.map((identity) => identityFromJson(identity, 'service')),
    addresses: [address, ...addresses],
    nodeCa: json.nodeCa,
    platformVersion: json.platformVersion,
    serial: BigInt(json.serial),
  };
}

function identityToJson({ id, name, publicKey }: Identity): IdentityJson {
  return {
    id,
    name: Buffer.from(name.toDer()).toString('base64'),
    publicKey: Buffer.from(publicKey).toString('base64'),
  };
}

function identityFromJson({ id, name, publicKey }: IdentityJson, role: Identity['role']): Identity {
  return { id, name: X500Name.fromDer(Buffer.from(name, 'base64')), publicKey: Buffer.from(publicKey, 'base64'), role };
}
