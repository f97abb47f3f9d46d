import { addressText } from './address-text';
import type { Acceptor, BaseSettings, BrokerPlan, LoginDomain, Queue } from './broker-plan';
import type { PlanBlast, PlanChange } from './plan-change';
import type { PlanParts, UserPart } from './plan-parts';
import { sameValue } from './same-value';

const NEW_SETTINGS = "this node's settings say so";
const NEW_FORM = 'this version of the sidecar plans it so';

export interface UserChanges {
  readonly joining: PlanChange[];
  readonly changing: PlanChange[];
  readonly leaving: PlanChange[];
}

export function diffUsers(old: PlanParts, current: PlanParts): UserChanges {
  const change = (kind: PlanChange['kind'], subject: string, what: string, blast: PlanBlast): PlanChange => ({
    kind,
    subject,
    what,
    why: 'the file of RPC users says so',
    blast,
  });
  return {
    joining: [...current.users.keys()]
      .filter((name) => !old.users.has(name))
      .map((name) => change('user-joins', name, 'may use RPC', 'nothing')),
    changing: [...current.users].flatMap(([name, user]) => {
      const was = old.users.get(name);
      return was === undefined
        ? []
        : userChanges(was, user).map(([kind, what]) => change(kind, name, what, 'one peer'));
    }),
    leaving: [...old.users.keys()]
      .filter((name) => !current.users.has(name))
      .map((name) => change('user-leaves', name, 'may no longer use RPC', 'one peer')),
  };
}

function userChanges(was: UserPart, is: UserPart): (readonly [PlanChange['kind'], string])[] {
  return [
    ...(was.password === is.password ? [] : [['user-password', 'has another password'] as const]),
    ...(sameValue(was.grants, is.grants) ? [] : [['user-grants', 'gets other permissions'] as const]),
  ];
}

/** What concerns the broker as a whole. */
export function diffSettings(before: BrokerPlan, after: BrokerPlan, old: PlanParts, current: PlanParts): PlanChange[] {
  const found: PlanChange[] = [];
  const add = (subject: string, what: string, why: string, blast: PlanBlast): void => {
    found.push({ kind: 'setting', subject, what, why, blast });
  };
  const changed = (subject: string, from: string | number, to: string | number): void => {
    if (from !== to) add(subject, `changes from ${from} to ${to}`, NEW_SETTINGS, 'restart');
  };
  changed('name', before.name, after.name);
  changed('own identity', before.ownId, after.ownId);
  changed('instance folder', before.instance, after.instance);
  changed('data folder', dataFolder(before), dataFolder(after));
  changed('high availability', availability(before), availability(after));
  changed('largest message in bytes', before.maxMessageSize, after.maxMessageSize);
  found.push(...baseChanges(before.base, after.base), ...acceptorChanges(before.acceptors, after.acceptors));

  const form = (subject: string, from: unknown, to: unknown, blast: PlanBlast): void => {
    if (!sameValue(from, to)) add(subject, 'change', NEW_FORM, blast);
  };
  form('login domains', domainForms(before.loginDomains), domainForms(after.loginDomains), 'restart');
  form('common permissions', old.common, current.common, 'nothing');
  if (sameValue(before.base, after.base)) {
    form('address settings', before.addressSettings, after.addressSettings, 'nothing');
  }
  const routing = (plan: BrokerPlan, other: BrokerPlan): unknown => {
    const names = new Set(other.staticAddresses.map(({ name }) => name));
    return plan.staticAddresses.filter(({ name }) => names.has(name));
  };
  form('static addresses', routing(before, after), routing(after, before), 'nothing');
  if (before.maxMessageSize === after.maxMessageSize) {
    form('static queues', kept(before.staticQueues, after), kept(after.staticQueues, before), 'nothing');
    form('shared queues', keptShared(old, current), keptShared(current, old), 'nothing');
  }
  const ownIdentity = before.name === after.name && before.ownId === after.ownId;
  if (ownIdentity) {
    const [was, is] = [old.peers.get(before.ownId), current.peers.get(after.ownId)];
    form('own logins', was?.logins, is?.logins, 'nothing');
    if (sameValue(before.staticAddresses, after.staticAddresses)) {
      form('own permissions', was?.grants, is?.grants, 'nothing');
      form('own addresses', was?.declared, is?.declared, 'nothing');
    }
  }
  return found;
}

function dataFolder({ data }: BrokerPlan): string {
  return data ?? 'data in the instance folder';
}

function availability({ sharedStore }: BrokerPlan): string {
  return sharedStore === true ? 'shared store' : 'none';
}

/** The part of login.config that Artemis reads at its start, and the users that it always has. */
function domainForms(domains: readonly LoginDomain[]): unknown {
  return domains.map(({ name, certificates, certificateIsEnough, passwords }) =>
    certificates === undefined ? { name } : { name, certificates: true, certificateIsEnough, passwords },
  );
}

/** Queues whose address both plans have; the others come and go with an own identity. */
function kept(queues: readonly Queue[], other: BrokerPlan): Queue[] {
  const addresses = new Set(other.staticAddresses.map(({ name }) => name));
  return queues.filter(({ address }) => addresses.has(address));
}

function keptShared(these: PlanParts, others: PlanParts): string[] {
  return [...these.shared].filter(([name]) => others.shared.has(name)).map(([, text]) => text);
}

const BASE_BLAST: Readonly<Record<string, PlanBlast>> = {
  journal: 'restart',
  'memory.globalMaxSize': 'restart',
  disk: 'restart',
  connection: 'clients of an acceptor',
  bridge: 'one peer',
};

const BLAST_EFFECT: Partial<Record<PlanBlast, string>> = {
  'one peer': '; each bridge in use connects anew',
  'clients of an acceptor': '; each acceptor opens anew',
};

function baseChanges(before: BaseSettings, after: BaseSettings): PlanChange[] {
  const values = (base: BaseSettings): Map<string, string> =>
    new Map(
      Object.entries(base).flatMap(([section, settings]) =>
        Object.entries(settings as object).map(([name, value]) => [`${section}.${name}`, String(value)] as const),
      ),
    );
  const [was, is] = [values(before), values(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((subject): PlanChange[] => {
    const [from, to] = [was.get(subject), is.get(subject)];
    if (from === to) return [];
    const blast = BASE_BLAST[subject] ?? BASE_BLAST[subject.slice(0, subject.indexOf('.'))] ?? 'nothing';
    const effect = BLAST_EFFECT[blast] ?? '';
    const what = `changes from ${from ?? 'nothing'} to ${to ?? 'nothing'}${effect}`;
    return [{ kind: 'setting', subject, what, why: NEW_SETTINGS, blast }];
  });
}

function acceptorChanges(before: readonly Acceptor[], after: readonly Acceptor[]): PlanChange[] {
  const old = new Map<string, Acceptor>(before.map((acceptor) => [acceptor.name, acceptor]));
  const names = new Set<string>(after.map(({ name }) => name));
  const change = (subject: string, what: string, blast: PlanBlast): PlanChange => ({
    kind: 'acceptor',
    subject: `acceptor ${subject}`,
    what,
    why: NEW_SETTINGS,
    blast,
  });
  return [
    ...after.flatMap((acceptor) => {
      const was = old.get(acceptor.name);
      if (was === undefined) return [change(acceptor.name, `opens at ${addressText([acceptor])}`, 'nothing')];
      const what = acceptorDifferences(was, acceptor);
      return what.length === 0 ? [] : [change(acceptor.name, what.join(' and '), 'clients of an acceptor')];
    }),
    ...before
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => change(name, 'closes', 'clients of an acceptor')),
  ];
}

function acceptorDifferences(was: Acceptor, is: Acceptor): string[] {
  const texts: [string, (acceptor: Acceptor) => string][] = [
    ['moves', (acceptor) => addressText([acceptor])],
    ['changes its protocols', ({ protocols }) => protocols.join(', ')],
    ['changes its login domain', ({ loginDomain }) => loginDomain],
    ['changes its TLS', tlsText],
  ];
  return texts.flatMap(([verb, text]) => (text(was) === text(is) ? [] : [`${verb} from ${text(was)} to ${text(is)}`]));
}

function tlsText({ tls }: Acceptor): string {
  if (tls === undefined) return 'off';
  return tls.trustStore === undefined ? tls.keyStore : `${tls.keyStore} with clients of ${tls.trustStore}`;
}
