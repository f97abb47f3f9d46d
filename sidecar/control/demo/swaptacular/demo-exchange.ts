import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBundle } from '../../../authority/create-bundle';
import { initAuthority } from '../../../authority/init-authority';
import { systemTools } from '../../../authority/issue-certificates';
import { registerPeer } from '../../../authority/register-peer';
import { makeServerCertificate } from '../../../authority/server-certificate';
import { signPeer } from '../../../authority/sign-peer';
import { verifyBundle } from '../../../authority/verify-bundle';
import type { Clock } from '../../../lib/clock';

export interface ExchangedNode {
  readonly id: string;
  /** Folder of its authority. */
  readonly authority: string;
  /** What the accounting authority has allotted to the agent, or the authority's own ID. */
  readonly subnet: string;
}

export interface Exchanged {
  readonly authority: ExchangedNode;
  readonly agent: ExchangedNode;
}

/** Nothing of value is locked with it: the folder goes with the demo. */
const PASSPHRASE = 'of the demo';
const AUTHORITY_ID = '1234abcd';

/** The four steps by which an accounting authority and a creditors agent become peers. Throws AuthorityError. */
export async function exchangeCertificates(
  folder: string,
  ports: { readonly authority: number; readonly agent: number },
  clock: Clock,
): Promise<Exchanged> {
  const tools = systemTools(clock);
  const passphrase = async (): Promise<string> => PASSPHRASE;
  const [aa, ca] = [join(folder, 'authority'), join(folder, 'agent')];
  const kind = { nodeType: 'accounting-authority', id: AUTHORITY_ID } as const;
  const ownRoot = await initAuthority(aa, { ...kind, servers: [`127.0.0.1:${ports.authority}`] }, PASSPHRASE, tools);
  const agent = { nodeType: 'creditors-agent', servers: [`127.0.0.1:${ports.agent}`] } as const;
  const agentRoot = await initAuthority(ca, agent, PASSPHRASE, tools);
  for (const path of [aa, ca]) await makeServerCertificate(path, passphrase, {}, tools);

  const at = clock.now();
  const bundleOf = async (path: string) => (await createBundle(path, passphrase, clock)).bytes;
  const forAgent = await verifyBundle(await bundleOf(aa), { where: "the authority's info bundle", at });
  const forAuthority = await verifyBundle(await bundleOf(ca), { where: "the agent's info bundle", at });
  const toAgent = await signPeer(aa, forAuthority, passphrase, clock);
  const toAuthority = await signPeer(ca, forAgent, passphrase, clock);
  await registerPeer(ca, { content: await readFile(toAgent.file), where: toAgent.file, activate: true }, clock);
  await registerPeer(aa, { content: await readFile(toAuthority.file), where: toAuthority.file, activate: true }, clock);
  return {
    authority: { id: ownRoot.id, authority: aa, subnet: ownRoot.id },
    agent: { id: agentRoot.id, authority: ca, subnet: toAgent.subnet ?? '' },
  };
}
