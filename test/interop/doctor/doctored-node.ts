import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine, type Finding } from '../../../sidecar/control/doctor/examine';
import { Site, type SiteInput } from '../../../sidecar/control/doctor/site';
import { createDevNetwork } from '../../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNetwork, type DevNode } from '../../../sidecar/dev-network/dev-network';
import { systemClock } from '../../../sidecar/lib/clock';
import { markOf } from '../../../sidecar/lib/process-place';
import { freePorts } from '../../integration/support/free-ports';

const TIMEOUT_MS = 1_000;
const JARS = [
  ...['artemis-boot.jar', 'artemis-cli-2.56.0.jar', 'artemis-server-2.56.0.jar', 'artemis-journal-2.56.0.jar'],
  ...['artemis-commons-2.56.0.jar', 'artemis-core-client-2.56.0.jar', 'artemis-amqp-protocol-2.56.0.jar'],
  ...['artemis-stomp-protocol-2.56.0.jar', 'log4j-core-2.25.0.jar'],
];
/** The end record of a jar with nothing in it. */
const EMPTY_JAR = Buffer.concat([Buffer.from([0x50, 0x4b, 0x05, 0x06]), Buffer.alloc(18)]);

/** A node of a development network of two, in good health but for what a test does to it. Nothing runs. */
export class DoctoredNode {
  private constructor(
    readonly folder: string,
    readonly network: DevNetwork,
    readonly dev: DevNode,
    readonly peer: DevNode,
  ) {}

  static async create(): Promise<DoctoredNode> {
    const folder = await mkdtemp(join(tmpdir(), 'netmap-doctor-'));
    const ports = await freePorts(8);
    const next = (): number => ports.shift() ?? 0;
    const names = ['O=Party A, L=London, C=GB', 'O=Party B, L=New York, C=US'];
    const network = await createDevNetwork({
      folder: join(folder, 'network'),
      nodes: names.map((name) => ({ name, ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() } })),
      ...settingsAt(systemClock, randomBytes),
    });
    const [dev, peer] = network.nodes;
    if (dev === undefined || peer === undefined) throw new Error('a network of two has two nodes');
    const node = new DoctoredNode(folder, network, dev, peer);
    await node.installJava('17.0.9');
    await node.installArtemis();
    return node;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A Java that says its version, and nothing else. */
  async installJava(version: string): Promise<void> {
    const bin = join(this.folder, 'java', 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'java'), `#!/bin/sh\necho 'openjdk version "${version}" 2026-01-01' >&2\n`);
    await chmod(join(bin, 'java'), 0o755);
  }

  /** An installation as far as its files are looked at. */
  async installArtemis(jars: readonly string[] = JARS): Promise<void> {
    const lib = join(this.folder, 'artemis', 'lib');
    await rm(lib, { recursive: true, force: true });
    await mkdir(lib, { recursive: true });
    for (const jar of jars) await writeFile(join(lib, jar), EMPTY_JAR);
  }

  /** Changes the text of a file. */
  async edit(file: string, change: (text: string) => string): Promise<void> {
    const before = await readFile(file, 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`nothing to change in ${file}`);
    await writeFile(file, after);
  }

  configure(from: string | RegExp, to: string): Promise<void> {
    return this.edit(this.dev.files.config, (text) => text.replace(from, to));
  }

  /** As if the broker ran elsewhere. */
  attach(): Promise<void> {
    return this.configure('mode: embedded', 'mode: attached');
  }

  /** A status as a running sidecar of this node would have written it; this process stands for the sidecar. */
  async runs(more: object = {}): Promise<void> {
    const state = join(this.dev.files.folder, 'state');
    await mkdir(state, { recursive: true });
    const status = {
      node: { name: this.dev.name.toCorda(), id: 'DLa' },
      pid: process.pid,
      startedAt: 0,
      updatedAt: 0,
      broker: { kind: 'attached', state: 'ready' },
      map: { revision: 1, peers: 2, parked: [] },
      drift: { repairs: 0 },
      peers: [],
      ...more,
    };
    await writeFile(join(state, 'status.json'), JSON.stringify(status));
    await writeFile(join(state, 'lease'), JSON.stringify(await markOf(process.pid)));
  }

  async diagnose(more: Partial<SiteInput> = {}): Promise<Finding[]> {
    const site = new Site({
      configFile: this.dev.files.config,
      clock: systemClock,
      timeoutMs: TIMEOUT_MS,
      environment: { JAVA_HOME: join(this.folder, 'java'), ARTEMIS_HOME: join(this.folder, 'artemis'), PATH: '' },
      ...more,
    });
    try {
      return await examine(site);
    } finally {
      await site.close();
    }
  }

  /** The causes found, in their order; of what is only well-known here (no sidecar, no broker) nothing. */
  async causes(more: Partial<SiteInput> = {}): Promise<string[]> {
    const expected = ['sidecar-stopped', 'broker-port-closed'];
    const found = (await this.diagnose(more)).flatMap(({ cause }) => cause ?? []);
    return found.filter((cause) => !expected.includes(cause));
  }
}

/** The only finding with that cause. */
export function only(findings: readonly Finding[], cause: string): Finding {
  const found = findings.filter((one) => one.cause === cause);
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(
      `${found.length} of ${cause}: ${JSON.stringify(findings.filter((one) => one.cause !== undefined))}`,
    );
  return first;
}
