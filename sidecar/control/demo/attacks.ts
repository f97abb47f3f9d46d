import { message as codec } from 'rhea';
import type { Certificate } from '../../certificates/certificate';
import { AmqpProbe } from '../../broker/probe/amqp-probe';
import { refusalOf, type Outcome } from '../../broker/probe/outcome';
import { chainPem } from '../../dev-network/credential';
import { issueStranger } from '../../dev-network/odd-tls';
import { cordaAddresses } from '../../plan/address-profile';
import { SYSTEM_USERS } from '../../plan/roles';
import { DemoError } from './demo-error';
import type { DemoNode } from './demo-node';
import { shownLine, trueMessage } from './exchange';
import type { Scene } from './scene';
import { SOON_MS, type Step } from './step';

export const forgery: Step = {
  name: 'forgery',
  title: 'a sender who claims to be somebody else is shown as who he is',
  async play(scene) {
    const { target, peer, victim } = cast(scene);
    const text = `this is ${victim.short}, please pay ${peer.short}`;
    const probe = await AmqpProbe.open(doorOf(target, peer.material.stores.nodeKey, peer.material.stores.nodeChain));
    try {
      const outcome = await probe.send(cordaAddresses.ingress(target.id, peer.id), {
        body: codec.data_section(Buffer.from(text)) as unknown,
        to: cordaAddresses.ingress(target.id, victim.id),
        user_id: SYSTEM_USERS.node,
        application_properties: { _AMQ_VALIDATED_USER: victim.name, 'sender-subject-name': victim.name },
        message_annotations: { 'x-opt-validated-user': victim.name },
      });
      if (!outcome.allowed) throw wrong(`${target.name} refuses a message of ${peer.name}: ${outcome.words}`);
    } finally {
      await probe.close();
    }
    const { sender } = await trueMessage(peer, target, text);
    return {
      lines: [
        `${peer.name} set "to", user-id and _AMQ_VALIDATED_USER to ${victim.name}`,
        shownLine({ from: peer.name, to: target.name, text, sender }),
      ],
      facts: { forger: peer.name, claimed: victim.name, shown: sender },
    };
  },
};

export const stranger: Step = {
  name: 'stranger',
  title: "a stranger with a node's name, but of another root, is refused",
  async play(scene) {
    const { target, peer } = cast(scene);
    const { tls } = issueStranger(peer.dev.name, scene.settings());
    const outcome = await AmqpProbe.open(doorOf(target, tls.privateKey, chainPem(tls.chain))).then(
      async (probe): Promise<Outcome> => {
        await probe.close();
        return { allowed: true, at: '-', words: '' };
      },
      (error: unknown) => refusalOf(error),
    );
    return refused(outcome, 'tls', `a stranger who calls himself ${peer.name}`, target);
  },
};

export const foreignAddress: Step = {
  name: 'foreign-address',
  title: "a node that tries another's address is refused",
  async play(scene) {
    const { target, peer, victim } = cast(scene);
    const probe = await AmqpProbe.open(doorOf(target, peer.material.stores.nodeKey, peer.material.stores.nodeChain));
    try {
      const outcome = await probe.attachSender(cordaAddresses.ingress(target.id, victim.id));
      return refused(outcome, 'permission', `${peer.name}, sending by the address of ${victim.name},`, target);
    } finally {
      await probe.close();
    }
  },
};

function cast({ nodes }: Scene): { target: DemoNode; peer: DemoNode; victim: DemoNode } {
  const [target, peer, victim] = nodes;
  if (target === undefined || peer === undefined || victim === undefined) throw new Error('the demo has three nodes');
  return { target, peer, victim };
}

/** The p2p acceptor of a node, entered with this key and chain. */
function doorOf(target: DemoNode, key: string, chain: string) {
  const verify = ([leaf]: readonly Certificate[]): void => {
    if (leaf?.pem() !== target.material.stores.ownCertificate) throw wrong(`somebody else answers as ${target.name}`);
  };
  return {
    address: { host: '127.0.0.1', port: target.dev.ports.p2p },
    protocol: 'AMQP',
    tls: { key, chain, verify },
    user: SYSTEM_USERS.peer,
    password: SYSTEM_USERS.peer,
    timeoutMs: SOON_MS,
  } as const;
}

function refused({ allowed, at, words }: Outcome, expected: Outcome['at'], who: string, target: DemoNode) {
  if (allowed) throw wrong(`${who} was let in at ${target.name}`);
  if (at !== expected) throw wrong(`${who} was refused by the check of ${at}, not of ${expected}: ${words}`);
  return {
    lines: [`${who} is refused at ${target.name} by the check of ${at}: ${plainWords(words)}`],
    facts: { refusedAt: at, words },
  };
}

/** Of what OpenSSL says the alert alone. */
function plainWords(words: string): string {
  return /:([^:]*\balert\b[^:]*):/.exec(words)?.[1] ?? words;
}

function wrong(message: string): DemoError {
  return new DemoError('DEMO_WRONG', message);
}
