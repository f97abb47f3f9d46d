import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseCertificates } from '../certificates/certificate';
import type { Config } from '../config/config';
import { ConfigError } from '../config/config-error';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import type { Peer } from '../network/peer';
import { isCordaBlob } from '../network-map/corda-blob/sections';
import type { SignedNodeInfo } from '../network-map/node-info';
import { readNodeInfoJson } from '../network-map/node-info-json';
import { readSignedNodeInfo } from '../network-map/signed-node-info';
import { verifyNodeInfo } from '../network-map/verify-node-info';

export interface InspectedNodeInfo {
  readonly file: string;
  readonly form: 'corda' | 'json';
  /** How network maps name it. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly peer: Peer;
}

/** Reads a NodeInfo in either form and verifies it by the configured roots. Throws ConfigError or the NetmapError that refuses it. */
export async function inspectNodeInfo(config: Config, file: string, clock: Clock): Promise<InspectedNodeInfo> {
  const bytes = await contentOf(file);
  const roots = parseCertificates((await contentOf(config.certificates.roots)).toString('utf8'));
  const form = isCordaBlob(bytes) ? 'corda' : 'json';
  const signed: SignedNodeInfo = form === 'corda' ? readSignedNodeInfo(bytes) : readNodeInfoJson(bytes);
  const peer = await verifyNodeInfo(signed, { roots, at: clock.now() });
  return { file: basename(file), form, hash: signed.hash, bytes, peer };
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const message = `${path} cannot be read: ${messageOf(error)}`;
    throw ConfigError.because('CONFIG_MISSING', message, 'check the path and its mode', error);
  }
}
