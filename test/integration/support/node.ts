import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Certificate, parseCertificates } from '../../../sidecar/certificates/certificate';
import type { Config } from '../../../sidecar/config/config';
import { loadConfig } from '../../../sidecar/config/load-config';
import { hashPassword } from '../../../sidecar/config/password-hash';
import { createSidecar, type SidecarInput } from '../../../sidecar/control/create-sidecar';
import { readNodeMaterial, type NodeMaterial } from '../../../sidecar/control/node-material';
import { previewPlan } from '../../../sidecar/control/preview-plan';
import type { Sidecar } from '../../../sidecar/control/sidecar';
import { createDevNetwork } from '../../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNetwork, type DevNode } from '../../../sidecar/dev-network/dev-network';
import type { NodeSpec } from '../../../sidecar/dev-network/node-spec';
import { systemClock } from '../../../sidecar/lib/clock';
import { createLogger } from '../../../sidecar/lib/log';
import { peerId } from '../../../sidecar/network/peer';
import type { BrokerPlan } from '../../../sidecar/plan/broker-plan';
import { freePorts } from './free-ports';

export interface TestNetworkOptions {
  /** Ports are chosen unless given. */
  readonly nodes: readonly NodeSpec[];
  /** Aliases of the nodes whose sidecar and broker are started; all unless given. */
  readonly start?: readonly string[];
  /** Changes a node's configuration before its start. */
  readonly configure?: (config: Config, alias: string) => Config;
  /** RPC users of every node and their passwords, instead of the operator's. */
  readonly rpcUsers?: Readonly<Record<string, string>>;
}

export interface TestNetwork {
  readonly network: DevNetwork;
  /** By alias; throws where there is none. */
  node(alias: string): TestNode;
  /** Stops everything and removes the folder. */
  stop(): Promise<void>;
}

/** A node of a development network, its sidecar in this process, its broker a child. */
export class TestNode {
  readonly log: string[] = [];
  private running: { sidecar: Sidecar; dispose: () => Promise<void> } | undefined;

  private constructor(
    readonly dev: DevNode,
    readonly config: Config,
    readonly material: NodeMaterial,
    readonly key: string,
  ) {}

  static async of(dev: DevNode, config: Config): Promise<TestNode> {
    const material = await readNodeMaterial(config, systemClock);
    return new TestNode(dev, config, material, await readFile(dev.files.tlsKey, 'utf8'));
  }

  get alias(): string {
    return this.dev.alias;
  }

  get id(): string {
    return peerId(this.material.own);
  }

  get chain(): string {
    return this.material.stores.nodeChain;
  }

  get certificate(): Certificate {
    const [leaf] = parseCertificates(this.material.stores.ownCertificate);
    if (leaf === undefined) throw new Error('the node has no certificate');
    return leaf;
  }

  get sidecar(): Sidecar {
    if (this.running === undefined) throw new Error(`${this.alias} does not run`);
    return this.running.sidecar;
  }

  async start(settings: Pick<SidecarInput, 'driftMs' | 'clock'> = {}): Promise<void> {
    this.running = await createSidecar({
      ...settings,
      config: this.config,
      log: createLogger({
        level: 'debug',
        format: 'json',
        destination: { write: (line) => this.log.push(line) },
        clock: systemClock,
      }),
      environment: process.env,
    });
    await this.running.sidecar.start(new AbortController().signal);
  }

  async stop(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    await running?.sidecar.stop();
    await running?.dispose();
  }

  /** What the broker must be by the map as it lies on the disk now. */
  async plan(): Promise<BrokerPlan> {
    return (await previewPlan(this.config, systemClock)).plan;
  }
}

/** A development network in a folder of its own, on free ports, with the nodes asked for running and proven. */
export async function startTestNetwork(options: TestNetworkOptions): Promise<TestNetwork> {
  const folder = await mkdtemp(join(tmpdir(), 'netmap-'));
  const nodes: TestNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.allSettled(nodes.map((node) => node.stop()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const network = await createDevNetwork({
      folder,
      nodes: await withPorts(options.nodes),
      ...settingsAt(systemClock, randomBytes),
    });
    for (const dev of network.nodes) {
      if (options.rpcUsers !== undefined) await writeRpcUsers(dev.files.rpcUsers, options.rpcUsers);
      const config = await loadConfig(dev.files.config);
      nodes.push(await TestNode.of(dev, options.configure?.(config, dev.alias) ?? config));
    }
    const wanted = nodes.filter(({ alias }) => options.start?.includes(alias) ?? true);
    await Promise.all(wanted.map((node) => node.start()));
    return { network, node: (alias) => found(nodes, alias), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function found(nodes: readonly TestNode[], alias: string): TestNode {
  const node = nodes.find((each) => each.alias === alias);
  if (node === undefined) throw new Error(`there is no node ${alias}`);
  return node;
}

async function withPorts(specs: readonly NodeSpec[]): Promise<NodeSpec[]> {
  const ports = await freePorts(specs.length * 4);
  const next = (): number => ports.shift() ?? 0;
  return specs.map((spec) => ({
    ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() },
    ...spec,
  }));
}

async function writeRpcUsers(file: string, users: Readonly<Record<string, string>>): Promise<void> {
  const entries = await Promise.all(
    Object.entries(users).map(
      async ([name, password]) =>
        `  - name: ${JSON.stringify(name)}\n    passwordHash: ${await hashPassword(password, randomBytes)}\n`,
    ),
  );
  await writeFile(file, `users:\n${entries.join('')}`, { mode: 0o600 });
}
