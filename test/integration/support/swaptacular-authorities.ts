import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBundle } from '../../../sidecar/authority/create-bundle';
import { initAuthority, type NewNode } from '../../../sidecar/authority/init-authority';
import { systemTools } from '../../../sidecar/authority/issue-certificates';
import { registerPeer } from '../../../sidecar/authority/register-peer';
import { makeServerCertificate } from '../../../sidecar/authority/server-certificate';
import { signPeer } from '../../../sidecar/authority/sign-peer';
import { verifyBundle } from '../../../sidecar/authority/verify-bundle';
import { systemClock } from '../../../sidecar/lib/clock';
import { freePorts } from './free-ports';
import { SwaptacularNode } from './swaptacular-node';

/** Of each root's key. */
export const PASSPHRASE = 'of the test';
const passphrase = async (): Promise<string> => PASSPHRASE;
const tools = systemTools(systemClock);

/** An accounting authority with two peers: a creditors agent and a debtors agent. None of them runs yet. */
export interface SwaptacularTrio {
  readonly aa: SwaptacularNode;
  readonly ca: SwaptacularNode;
  readonly da: SwaptacularNode;
  /** Leading hexadecimal digits of the IDs that the authority has allotted to the creditors agent. */
  readonly creditors: string;
  /** The same for the debtors agent. */
  readonly debtors: string;
  stop(): Promise<void>;
}

/** By what `netmap ca` is made of. `more` stands in the authority's configuration. */
export async function swaptacularTrio(more = ''): Promise<SwaptacularTrio> {
  const folder = await mkdtemp(join(tmpdir(), 'netmap-swaptacular-'));
  const [aaPort = 0, caPort = 0, daPort = 0] = await freePorts(3);
  const at = (port: number): Pick<NewNode, 'servers'> => ({ servers: [`127.0.0.1:${port}`] });
  const kind = { nodeType: 'accounting-authority', id: '00abcdef' } as const;
  await made(join(folder, 'aa'), { ...kind, ...at(aaPort) });
  await made(join(folder, 'ca'), { nodeType: 'creditors-agent', ...at(caPort) });
  await made(join(folder, 'da'), { nodeType: 'debtors-agent', ...at(daPort) });
  const creditors = await becomePeers(join(folder, 'aa'), join(folder, 'ca'));
  const debtors = await becomePeers(join(folder, 'aa'), join(folder, 'da'));
  const aa = await SwaptacularNode.at(folder, 'aa', aaPort, more);
  const ca = await SwaptacularNode.at(folder, 'ca', caPort);
  const da = await SwaptacularNode.at(folder, 'da', daPort);
  const stop = async (): Promise<void> => {
    await Promise.allSettled([aa, ca, da].map((node) => node.stop()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { aa, ca, da, creditors, debtors, stop };
}

async function made(path: string, node: NewNode): Promise<void> {
  await initAuthority(path, node, PASSPHRASE, tools);
  await makeServerCertificate(path, passphrase, {}, tools);
}

/** Resolves to the subnet that the authority allots to the agent. */
async function becomePeers(authority: string, agent: string): Promise<string> {
  const bundle = async (path: string) => {
    const { bytes } = await createBundle(path, passphrase, systemClock);
    return verifyBundle(bytes, { where: path, at: systemClock.now() });
  };
  const forAgent = await signPeer(authority, await bundle(agent), passphrase, systemClock);
  const forAuthority = await signPeer(agent, await bundle(authority), passphrase, systemClock);
  for (const [path, { file }] of [
    [agent, forAgent],
    [authority, forAuthority],
  ] as const)
    await registerPeer(path, { content: await readFile(file), where: file, activate: true }, systemClock);
  return forAgent.subnet ?? '';
}
