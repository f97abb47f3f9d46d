import type { Bridge, BrokerPlan } from '../../sidecar/plan/broker-plan';
import { planBroker } from '../../sidecar/plan/plan-broker';
import { describePlanChanges } from '../../sidecar/plan/plan-change';
import { diffPlans } from '../../sidecar/plan/plan-diff';
import { predict, type Access, type Credential } from '../../sidecar/plan/predict';
import { probeMatrix } from '../../sidecar/plan/probe-matrix';
import { NetmapError } from '../../sidecar/lib/errors';
import type { BaseSettings } from '../../sidecar/lib/base-settings';
import { renderInstance } from '../../sidecar/render/instance';
import type { RenderedFile } from '../../sidecar/render/rendered-file';
import { settingsOf, viewOf, type GoldenInput } from './dialect';

export const STORE_CONTENTS = {
  nodeKey: 'key of Alice',
  nodeChain: 'chain of Alice',
  ownCertificate: 'certificate of Alice',
  roots: 'roots',
};

/** What a case shows, one part after the other; where the plan is refused, the error alone. */
export function output(input: GoldenInput, base: BaseSettings): string {
  try {
    const plan = planOf(input, base);
    return (input.show ?? []).map((part) => shown(part, plan, input, base)).join('\n');
  } catch (error) {
    if (!(error instanceof NetmapError)) throw error;
    return `error ${error.code}: ${error.message}\nremedy: ${error.remedy ?? 'none'}\n`;
  }
}

export function planOf(input: GoldenInput, base: BaseSettings): BrokerPlan {
  return planBroker(viewOf(input), settingsOf(input, base));
}

export function filesOf(input: GoldenInput, plan: BrokerPlan): RenderedFile[] {
  const rpc = input.rpcTls === 'separate' ? { rpc: { key: 'key of rpc', chain: 'chain of rpc' } } : {};
  return renderInstance(plan, { ...STORE_CONTENTS, ...rpc }, activeOf(input, plan));
}

function activeOf(input: GoldenInput, plan: BrokerPlan): Bridge[] {
  return plan.bridges.filter(({ peer }) => input.active?.includes(peer));
}

/** A part is a file, `broker.xml ELEMENT`, `broker.xml general`, or one of the words below. */
function shown(part: string, plan: BrokerPlan, input: GoldenInput, base: BaseSettings): string {
  const [word = '', element] = part.split(' ');
  switch (word) {
    case 'files':
      return lines(filesOf(input, plan).map(fileLine));
    case 'broker.xml':
      return xmlPart(filesOf(input, plan), element ?? '');
    case 'queues':
      return lines(
        [
          ...plan.staticQueues.map((queue) => ['static', queue] as const),
          ...plan.queues.map((queue) => ['declared', queue] as const),
        ].map(
          ([place, { name, address, routing, filter }]) =>
            `${place} ${routing} ${name} on ${address}${filter === undefined ? '' : ` if ${filter}`}`,
        ),
      );
    case 'addresses':
      return lines(
        plan.addresses.map(
          ({ name, routing, peer }) => `${routing} ${name}${peer === undefined ? '' : ` for ${peer}`}`,
        ),
      );
    case 'permissions':
      return lines(plan.permissions.map(({ match, role, actions }) => `${match}  ${role}: ${actions.join(' ')}`));
    case 'bridges':
      return plan.bridges.map(bridgeText).join('');
    case 'diff':
      return describePlanChanges(diffPlans(plan, planOf({ ...input, ...input.then }, base)));
    case 'appearance':
      return describePlanChanges(diffPlans(undefined, plan));
    case 'predict':
      return lines((input.try ?? []).map((text) => `${text}\n   ${answer(plan, text)}`));
    case 'matrix':
      return lines(
        probeMatrix(plan, (input.try ?? []).map(credentialOf)).map(
          ({ access, expected }) =>
            `${credentialText(access.credential)} | ${access.acceptor} ${access.protocol} | ${access.action} ${access.address} -> ${expected.allowed ? 'yes' : `no, ${expected.at}`}`,
        ),
      );
    default:
      return fileText(filesOf(input, plan), word);
  }
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

function fileLine({ path, effect, secret }: RenderedFile): string {
  return `${path} ${effect}${secret ? ' secret' : ''}`;
}

function fileText(files: readonly RenderedFile[], path: string): string {
  const file = files.find((one) => one.path === `etc/${path}`);
  if (file === undefined) throw new Error(`there is no file ${path}`);
  return `${path}:\n${file.content}`;
}

function xmlPart(files: readonly RenderedFile[], element: string): string {
  const xml = files.find(({ path }) => path === 'etc/broker.xml')?.content ?? '';
  if (element === 'whole') return xml;
  const pattern =
    element === 'general'
      ? /^ *<name>[^]*?(?= *<acceptors>)/m
      : new RegExp(`^ *<${element}[ >][^]*?</${element}>\\n`, 'm');
  const found = pattern.exec(xml)?.[0] ?? `no ${element}\n`;
  const indent = /^ */.exec(found)?.[0].length ?? 0;
  return found.replace(new RegExp(`^ {${indent}}`, 'gm'), '');
}

function bridgeText({ name, peerName, addresses, trust, links }: Bridge): string {
  return lines([
    `${name} to ${peerName} at ${addresses.map(({ host, port }) => `${host} ${port}`).join(', ')}, trusting ${trust}`,
    ...links.map(({ queue, remoteAddress }) => `   ${queue} -> ${remoteAddress}`),
  ]);
}

function answer(plan: BrokerPlan, text: string): string {
  const { allowed, at, because } = predict(plan, accessOf(text));
  return allowed ? `allowed: ${because}` : `refused at ${at}: ${because}`;
}

function accessOf(text: string): Access {
  const [, door = '', target = ''] = text.split(' | ');
  const [acceptor, protocol] = door.split(' ');
  const [action, address] = target.split(' ');
  return { credential: credentialOf(text), acceptor, protocol, action, address } as Access;
}

function credentialOf(text: string): Credential {
  const [who = '', as = ''] = (text.split(' | ')[0] ?? '').split(' as ');
  const certificate = who === 'own' || who === 'stranger' || who === 'none' ? who : { peer: who };
  if (as === 'nobody') return { certificate };
  const [user = '', password] = as.split(':');
  return { certificate, user, password: password ?? (user.startsWith('SystemUsers/') ? user : `${user}-secret`) };
}

function credentialText({ certificate, user }: Credential): string {
  return `${typeof certificate === 'object' ? certificate.peer : certificate} as ${user ?? 'nobody'}`;
}
