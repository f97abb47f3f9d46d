import { posix } from 'node:path';
import type { X500Name } from '../certificates/x500-name';
import { chainPem, type Credential } from './credential';
import type { DevService } from './dev-network';
import { DevNetworkError } from './dev-network-error';
import type { NewFile } from './file-tree';
import { issueService, type Authority, type IssueSettings } from './issue-corda';
import { aliasOf } from './names';
import type { PlannedNode } from './node-spec';

/**
 * The services that the planned nodes offer and the network has not yet, each issued once.
 * @throws DevNetworkError DEV_NETWORK_NAME when a node and a service have one name
 */
export function issueMissingServices(
  { doorman }: Authority,
  planned: readonly PlannedNode[],
  existing: { readonly services: readonly DevService[]; readonly nodes: readonly { readonly name: X500Name }[] },
  settings: IssueSettings,
): DevService[] {
  const wanted = planned.flatMap(({ services }) => services);
  const nodeNames = new Set([...planned, ...existing.nodes].map(({ name }) => name.key()));
  const clash = [...wanted, ...existing.services.map(({ name }) => name)].find((name) => nodeNames.has(name.key()));
  if (clash !== undefined) {
    const message = `${clash.toCorda()} is the name of a node and of a service`;
    throw new DevNetworkError('DEV_NETWORK_NAME', message, { remedy: 'give each a name of its own' });
  }
  const aliases = new Set(existing.services.map(({ alias }) => alias));
  const issued: DevService[] = [];
  for (const name of wanted) {
    if ([...existing.services, ...issued].some((service) => service.name.equals(name))) continue;
    const alias = aliasOf(name, aliases);
    aliases.add(alias);
    issued.push({ alias, name, credential: issueService(doorman, name, settings) });
  }
  return issued;
}

/** The files of services in their folder. */
export function serviceFiles(services: readonly DevService[], folder = ''): NewFile[] {
  return services.flatMap(({ alias, credential }) => [
    { path: posix.join(folder, `${alias}-key.pem`), content: credential.privateKey, secret: true },
    { path: posix.join(folder, `${alias}.pem`), content: chainPem(credential.chain) },
  ]);
}

/** The credentials of what a node offers, in its order. */
export function credentialsOf(services: readonly DevService[], node: PlannedNode): Credential[] {
  return node.services.flatMap((name) => {
    return services.filter((service) => service.name.equals(name)).map(({ credential }) => credential);
  });
}
