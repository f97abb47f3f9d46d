import { statfs } from 'node:fs/promises';
import { DatabaseFolder } from '../../authority/database-folder';
import { readOwnRoot } from '../../authority/read-database';
import type { Certificate } from '../../certificates/certificate';
import type { Config } from '../../config/config';
import { loadConfig } from '../../config/load-config';
import { readSecret } from '../../config/read-secret';
import type { Clock } from '../../lib/clock';
import type { HostAndPort } from '../../network/identity';
import { SYSTEM_USERS } from '../../plan/roles';
import { ManagementConnection } from '../../broker/management-connection';
import { readChain, readNodeMaterial, type NodeMaterial } from '../node-material';
import { previewPlan, type PlanPreview } from '../preview-plan';
import { StateFolder } from '../state-folder';
import type { NodeStatus } from '../status';
import { knock, type Knock } from './knock';
import { askTime, type ServiceTime } from './service-time';

/** Room on a file system. */
export interface DiskRoom {
  /** Bytes that this user may still write. */
  readonly free: number;
  readonly usedPercent: number;
}

export interface SiteInput {
  /** Absolute path. */
  readonly configFile: string;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The peer that is looked at, as the operator named it. */
  readonly peer?: string;
  /** For each answer over the network, milliseconds; 5000 unless given. */
  readonly timeoutMs?: number;
  readonly diskRoom?: (folder: string) => Promise<DiskRoom>;
}

const TIMEOUT_MS = 5_000;

/** The node that is examined: what more than one diagnosis reads is read once. Every method rejects as what it calls. */
export class Site {
  private readonly known = new Map<string, Promise<unknown>>();

  constructor(private readonly input: SiteInput) {}

  get clock(): Clock {
    return this.input.clock;
  }

  get environment(): SiteInput['environment'] {
    return this.input.environment;
  }

  get configFile(): string {
    return this.input.configFile;
  }

  get peer(): string | undefined {
    return this.input.peer;
  }

  get timeoutMs(): number {
    return this.input.timeoutMs ?? TIMEOUT_MS;
  }

  config(): Promise<Config> {
    return this.once('config', () => loadConfig(this.input.configFile));
  }

  key(): Promise<string> {
    return this.once('key', async () => (await readSecret((await this.config()).certificates.key)).reveal());
  }

  /** Leaf first; at least one. */
  chain(): Promise<readonly Certificate[]> {
    return this.once('chain', async () => readChain((await this.config()).certificates.chain));
  }

  roots(): Promise<readonly Certificate[]> {
    return this.once('roots', async () => {
      const { node, certificates } = await this.config();
      if (node.authority === undefined) return readChain(certificates.roots);
      return [(await readOwnRoot(new DatabaseFolder(node.authority))).certificate];
    });
  }

  material(): Promise<NodeMaterial> {
    return this.once('material', async () => readNodeMaterial(await this.config(), this.clock));
  }

  plan(): Promise<PlanPreview> {
    return this.once('plan', async () => previewPlan(await this.config(), this.clock));
  }

  status(): Promise<{ readonly status: NodeStatus; readonly alive: boolean } | undefined> {
    return this.once('status', async () => new StateFolder((await this.config()).state).readStatus());
  }

  /** Where the own broker's management is reached from here. */
  async brokerAddress(): Promise<HostAndPort> {
    const { host, port } = (await this.config()).management;
    if (host === '0.0.0.0') return { host: '127.0.0.1', port };
    return { host: host === '::' ? '::1' : host, port };
  }

  /** Who answers there, when it is knocked with the certificate of this node. */
  brokerKnock(): Promise<Knock> {
    return this.once('knock', async () => {
      const [address, key, chain] = await Promise.all([this.brokerAddress(), this.key(), this.chain()]);
      return knock(address, { key, chain: chain.map((one) => one.pem()).join('') }, this.timeoutMs);
    });
  }

  /** What the network map service's machine takes for the time; undefined where it does not say, or cannot be asked. */
  serviceTime(): Promise<ServiceTime | undefined> {
    return this.once('service-time', async () => askTime(await this.config(), this.clock, this.timeoutMs));
  }

  management(): Promise<ManagementConnection> {
    return this.once('management', async () => {
      const [address, key, chain] = await Promise.all([this.brokerAddress(), this.key(), this.chain()]);
      return new ManagementConnection({
        address,
        user: SYSTEM_USERS.node,
        password: SYSTEM_USERS.node,
        tls: { key, certificate: chain.map((one) => one.pem()).join(''), pin: chain[0]?.pem() ?? '' },
        timeout: this.timeoutMs,
        clock: this.clock,
      });
    });
  }

  diskRoom(folder: string): Promise<DiskRoom> {
    return (this.input.diskRoom ?? diskRoom)(folder);
  }

  /** Ends the connections that were opened. */
  async close(): Promise<void> {
    if (this.known.has('management'))
      await this.management().then(
        (opened) => opened.close(),
        () => undefined,
      );
  }

  private once<Value>(name: string, read: () => Promise<Value>): Promise<Value> {
    const known = this.known.get(name) ?? read();
    // Whoever needs it hears of it; a rejection that nobody waits for would end the process.
    known.catch(() => undefined);
    this.known.set(name, known);
    return known as Promise<Value>;
  }
}

async function diskRoom(folder: string): Promise<DiskRoom> {
  const { bavail, blocks, bfree, bsize } = await statfs(folder);
  return { free: bavail * bsize, usedPercent: blocks === 0 ? 0 : ((blocks - bfree) / blocks) * 100 };
}
