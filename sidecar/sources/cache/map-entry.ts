import type { Peer } from '../../network/peer';
import { peerFromJson, peerToJson, type PeerJson } from './peer-json';

/** One NodeInfo that was verified. */
export interface MapEntry {
  /** By which the map names it: SHA-256 of what is signed, upper-case hex. */
  readonly hash: string;
  /** As the service gave it, to be verified again. */
  readonly signed: Uint8Array;
  readonly peer: Peer;
  /** When all of its certificates are valid, milliseconds since the epoch; both ends included. */
  readonly validFrom: number;
  readonly validUntil: number;
}

interface EntryJson {
  readonly hash: string;
  readonly signed: string;
  readonly peer: PeerJson;
  readonly from: number;
  readonly until: number;
}

/** Entries as lines of JSON. */
export function writeEntries(entries: readonly MapEntry[]): Buffer {
  const lines = entries.map(({ hash, signed, peer, validFrom, validUntil }) => {
    const line: EntryJson = {
      hash,
      signed: Buffer.from(signed).toString('base64'),
      peer: peerToJson(peer),
      from: validFrom,
      until: validUntil,
    };
    return Buffer.from(`${JSON.stringify(line)}\n`);
  });
  return Buffer.concat(lines);
}

/** What `writeEntries` wrote. Throws for anything else: a checksum has to vouch for it before. */
export function readEntries(bytes: Buffer): MapEntry[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { hash, signed, peer, from, until } = JSON.parse(line) as EntryJson;
      return {
        hash,
        signed: Buffer.from(signed, 'base64'),
        peer: peerFromJson(peer),
        validFrom: from,
        validUntil: until,
      };
    });
}
