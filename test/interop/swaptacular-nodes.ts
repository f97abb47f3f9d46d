import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBundle } from '../../sidecar/authority/create-bundle';
import { initAuthority } from '../../sidecar/authority/init-authority';
import type { NewNode } from '../../sidecar/authority/init-authority';
import { registerPeer } from '../../sidecar/authority/register-peer';
import { signPeer } from '../../sidecar/authority/sign-peer';
import type { SignedPeer } from '../../sidecar/authority/sign-peer';
import { verifyBundle } from '../../sidecar/authority/verify-bundle';
import { generateKeyPair } from '../../sidecar/certificates/issue';
import { fixtures, realPassphrase, toolsWith } from './swaptacular-kit';

const keys = [generateKeyPair('rsa'), generateKeyPair('rsa'), generateKeyPair('rsa')];
export const tools = toolsWith(keys);
export const PASSPHRASE = 'correct horse';
export const REAL_CA = 'fc06c3edee3e2737c7089a3a03775c84';

let folder: string;
/** For the tests of a file: each has an empty folder. */
export function useNodes(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'swaptacular-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
}

export const at = (...parts: string[]): string => join(folder, ...parts);
export const text = (...parts: string[]): string => readFileSync(at(...parts), 'utf8');
export const passphrase = (): Promise<string> => Promise.resolve(PASSPHRASE);
export const real = (): Promise<string> => Promise.resolve(realPassphrase);

const SERVERS = ['127.0.0.1:1234'];
export const AUTHORITY: NewNode = { nodeType: 'accounting-authority', id: '0000abcd', servers: SERVERS };
export const CREDITORS: NewNode = { nodeType: 'creditors-agent', servers: SERVERS };
export const DEBTORS: NewNode = { nodeType: 'debtors-agent', servers: SERVERS };

export const init = (name: string, node: NewNode) => initAuthority(at(name), node, PASSPHRASE, tools);

export function copyReal(name: 'aa' | 'ca'): void {
  cpSync(join(fixtures, name), at(name), { recursive: true });
}

/** A database of the scripts before it had peers. */
export function copyRealAlone(name: 'aa' | 'ca'): void {
  copyReal(name);
  for (const peer of readdirSync(at(name, 'peers'))) rmSync(at(name, 'peers', peer), { recursive: true });
}

export async function sign(
  own: string,
  peer: string,
  secrets = { own: passphrase, peer: passphrase },
): Promise<SignedPeer> {
  const { bytes } = await createBundle(at(peer), secrets.peer, tools.clock);
  writeFileSync(at(`${peer}.zip`), bytes);
  const bundle = await verifyBundle(bytes, { where: 'bundle', at: tools.clock.now() });
  return signPeer(at(own), bundle, secrets.own, tools.clock);
}

export const register = (own: string, signed: SignedPeer, activate = true) =>
  registerPeer(at(own), { content: readFileSync(signed.file), where: signed.file, activate }, tools.clock);

/** Both ways, as two organisations do it. */
export async function exchange(
  one: string,
  other: string,
  secrets = { one: passphrase, other: passphrase },
): Promise<void> {
  const forOther = await sign(one, other, { own: secrets.one, peer: secrets.other });
  const forOne = await sign(other, one, { own: secrets.other, peer: secrets.one });
  await register(one, forOne);
  await register(other, forOther);
}
