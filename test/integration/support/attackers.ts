import { randomBytes } from 'node:crypto';
import { AmqpProbe } from '../../../sidecar/broker/probe/amqp-probe';
import { attempt } from '../../../sidecar/broker/probe/attempt';
import type { Entrance, ProbeAction } from '../../../sidecar/broker/probe/entrance';
import type { Outcome } from '../../../sidecar/broker/probe/outcome';
import { pinnedTo } from '../../../sidecar/broker/probe/probe-targets';
import { StompProbe } from '../../../sidecar/broker/probe/stomp-probe';
import type { Certificate } from '../../../sidecar/certificates/certificate';
import { loadConfig } from '../../../sidecar/config/load-config';
import { addNode } from '../../../sidecar/dev-network/add-node';
import { settingsAt } from '../../../sidecar/dev-network/dev-network';
import { readNodeCredentials } from '../../../sidecar/dev-network/open-dev-network';
import { issueOddTls, ODD_TLS_KINDS, type OddTlsKind } from '../../../sidecar/dev-network/odd-tls';
import { systemClock } from '../../../sidecar/lib/clock';
import type { Acceptor, Protocol } from '../../../sidecar/plan/broker-plan';
import { startTestNetwork, TestNode, type TestNetwork } from './node';

export const PASSWORDS = { alice: 'alice-secret', bob: 'bob-secret' } as const;

/** What an attacker shows at TLS level: a node's real certificate, an odd one of bravo's, or nothing. */
export type Shown = 'alpha' | 'bravo' | 'charlie' | 'dave' | OddTlsKind | 'leaf-only' | 'nothing' | 'plain';

export interface Attacker {
  readonly acceptor: Acceptor['name'];
  readonly protocol: Protocol;
  readonly shows: Shown;
  readonly user?: string;
  readonly password?: string;
}

/** alpha's broker runs; bravo and charlie are on its map, and their keys are in the hands of attackers. */
export class AttackedNetwork {
  private readonly open = new Map<string, AmqpProbe>();

  private constructor(
    readonly network: TestNetwork,
    readonly alpha: TestNode,
    private readonly tls: Map<Shown, { readonly key: string; readonly chain: string } | undefined>,
  ) {}

  static async start(maxMessageSize: number): Promise<AttackedNetwork> {
    const network = await startTestNetwork({
      nodes: [
        { name: 'O=Alpha, L=London, C=GB', alias: 'alpha' },
        { name: 'O=Bravo, L=Rome, C=IT', alias: 'bravo' },
        { name: 'O=Charlie, L=Paris, C=FR', alias: 'charlie' },
      ],
      start: ['alpha'],
      rpcUsers: PASSWORDS,
      configure: (config) => ({ ...config, limits: { ...config.limits, maxMessageSize } }),
    });
    return new AttackedNetwork(network, network.node('alpha'), await shownBy(network));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.open.values()].map((probe) => probe.close()));
    await this.network.stop();
  }

  /** Makes dave's keys and NodeInfo by the network's own root; nobody has him on the map yet. */
  async makeDave(): Promise<TestNode> {
    const spec = { name: 'O=Dave, L=Oslo, C=NO', alias: 'dave' };
    const { node } = await addNode(this.network.network, spec, settingsAt(systemClock, randomBytes));
    const dave = await TestNode.of(node, await loadConfig(node.files.config));
    this.tls.set('dave', { key: dave.key, chain: dave.chain });
    return dave;
  }

  id(alias: string): string {
    return this.network.node(alias).id;
  }

  entrance({ acceptor, protocol, shows, user, password = user }: Attacker, timeoutMs = 15_000): Entrance {
    const { acceptors } = this.alpha.config;
    const { port } = acceptor === 'rpc-admin' ? acceptors.rpcAdmin : acceptors[acceptor];
    return {
      address: { host: '127.0.0.1', port },
      protocol,
      ...(shows === 'plain' ? {} : { tls: pinnedTo(this.alpha.material.stores.ownCertificate, this.tls.get(shows)) }),
      ...(user === undefined ? {} : { user, ...(password === undefined ? {} : { password }) }),
      timeoutMs,
    };
  }

  /** Tries an access with a connection of its own. */
  attempt(attacker: Attacker, action: ProbeAction, address: string, timeoutMs?: number): Promise<Outcome> {
    return attempt({ entrance: this.entrance(attacker, timeoutMs), action, address });
  }

  /** An AMQP connection that stays open until the end, one an attacker; a new one when the broker has closed it. */
  async amqp(attacker: Omit<Attacker, 'protocol'>, fresh = false): Promise<AmqpProbe> {
    const key = JSON.stringify(attacker);
    const known = this.open.get(key);
    if (known !== undefined && !fresh) return known;
    await known?.close();
    const probe = await AmqpProbe.open(this.entrance({ ...attacker, protocol: 'AMQP' }, 60_000));
    this.open.set(key, probe);
    return probe;
  }

  stomp(attacker: Omit<Attacker, 'protocol'>): StompProbe {
    return new StompProbe(this.entrance({ ...attacker, protocol: 'STOMP' }, 60_000));
  }
}

async function shownBy(network: TestNetwork): Promise<Map<Shown, { key: string; chain: string } | undefined>> {
  const shown = new Map<Shown, { key: string; chain: string } | undefined>([['nothing', undefined]]);
  for (const alias of ['alpha', 'bravo', 'charlie'] as const) {
    const { key, chain } = network.node(alias);
    shown.set(alias, { key, chain });
  }
  const { dev, key, certificate } = network.node('bravo');
  shown.set('leaf-only', { key, chain: certificate.pem() });
  const node = await readNodeCredentials(dev);
  const otherName = network.node('charlie').dev.name;
  for (const kind of ODD_TLS_KINDS) {
    const odd = issueOddTls(kind, { node, otherName, at: systemClock.now(), random: randomBytes });
    shown.set(kind, { key: odd.privateKey, chain: pemOf(odd.chain) });
  }
  return shown;
}

function pemOf(chain: readonly Certificate[]): string {
  return chain.map((certificate) => certificate.pem()).join('');
}

/** What the broker says on ERROR about clients that it refuses, as it should. */
const REFUSALS = [/handshake/i, /AMQ222208/];

/** What the broker has logged on ERROR since its start, but for its words about refused handshakes. */
export function brokerErrors(node: TestNode): string[] {
  return node.log
    .map((line) => JSON.parse(line) as { level: string; component?: string; message: string; code?: string })
    .filter(({ level, component }) => component === 'broker' && level === 'error')
    .map(({ code, message }) => `${code ?? ''} ${message}`)
    .filter((words) => !REFUSALS.some((pattern) => pattern.test(words)));
}
