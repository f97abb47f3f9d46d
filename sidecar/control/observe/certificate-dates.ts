import { X509Certificate } from 'node:crypto';
import { peerId, type Peer } from '../../network/peer';
import type { NodeMaterial } from '../node-material';

/** Certificates of this node that end. Each is told by the one among its kind that ends first. */
export const OWN_CERTIFICATES = ['tls', 'chain', 'roots', 'rpc'] as const;
export type OwnCertificate = (typeof OWN_CERTIFICATES)[number];

type OwnDates = Readonly<Partial<Record<OwnCertificate, number>>>;

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Peers looked at before others get their turn; some milliseconds. */
const AT_ONCE = 100;

/** When certificates end, milliseconds since the epoch; what cannot be read has no end here. */
export class CertificateDates {
  private readonly known = new WeakMap<Peer, number>();
  private current: ReadonlyMap<string, number> = new Map();
  private of: readonly Peer[] = [];
  private read: { readonly stores: NodeMaterial['stores']; readonly own: OwnDates } | undefined;

  constructor(private readonly material: Pick<NodeMaterial, 'stores'>) {}

  /** As they are now: certificates may be renewed. */
  get own(): OwnDates {
    const { stores } = this.material;
    if (this.read?.stores !== stores) this.read = { stores, own: ownDates(stores) };
    return this.read.own;
  }

  /** By peer id: the earliest end of what this node was given of it. */
  get peers(): ReadonlyMap<string, number> {
    return this.current;
  }

  /** Looks at the certificates of all that are new; with thousands of them others get their turn in between. */
  async look(peers: readonly Peer[]): Promise<void> {
    if (peers.length === this.of.length && peers.every((peer, at) => peer === this.of[at])) return;
    const next = new Map<string, number>();
    let read = 0;
    for (const peer of peers) {
      const at = this.known.get(peer) ?? endOf(peer);
      if (!this.known.has(peer) && ++read % AT_ONCE === 0) await new Promise(setImmediate);
      this.known.set(peer, at);
      if (Number.isFinite(at)) next.set(peerId(peer), at);
    }
    this.current = next;
    this.of = peers;
  }
}

function ownDates({ nodeChain, ownCertificate, roots, rpc }: NodeMaterial['stores']): OwnDates {
  const found = {
    tls: earliest([ownCertificate]),
    chain: earliest([nodeChain]),
    roots: earliest([roots]),
    rpc: earliest([rpc?.chain]),
  };
  return Object.fromEntries(Object.entries(found).filter(([, at]) => at !== undefined));
}

function endOf({ nodeCa, swaptacular }: Peer): number {
  const { rootCertificate, subCa, peerCertificate } = swaptacular ?? {};
  return earliest([nodeCa, rootCertificate, subCa, peerCertificate]) ?? Number.POSITIVE_INFINITY;
}

function earliest(pems: readonly (string | undefined)[]): number | undefined {
  const ends = pems
    .flatMap((pem) => pem?.match(PEM) ?? [])
    .map(readEnd)
    .filter((at) => !Number.isNaN(at));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function readEnd(pem: string): number {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return Number.NaN;
  }
}
