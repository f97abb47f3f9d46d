import { createDevNetwork } from '../../dev-network/create-dev-network';
import { settingsAt, type DevNetwork, type DevNode } from '../../dev-network/dev-network';
import { partyName } from '../../dev-network/names';
import type { BuildSettings } from '../../dev-network/build-node';
import type { Clock } from '../../lib/clock';
import { DemoNode } from './demo-node';
import { freePortRow } from './free-ports';

export interface SceneOptions {
  /** Empty, or not there yet. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly randomBytes: (bytes: number) => Uint8Array;
}

const NODES = 3;
/** One more joins later. */
const PORTS = 4 * (NODES + 1);

/** Everybody who takes part. */
export class Scene {
  /** Those who run, or are away for a while, in the order in which they joined. */
  readonly nodes: DemoNode[] = [];
  private closed = false;

  private constructor(
    readonly network: DevNetwork,
    private readonly options: SceneOptions,
  ) {}

  /** Makes the network's files; nothing runs yet. Throws DemoError DEMO_PORTS or DevNetworkError. */
  static async create(options: SceneOptions): Promise<Scene> {
    const network = await createDevNetwork({
      folder: options.folder,
      nodes: Array.from({ length: NODES }, (_, index) => ({ name: partyName(index) })),
      basePort: await freePortRow(PORTS, options.random),
      ...settingsAt(options.clock, options.randomBytes),
    });
    const scene = new Scene(network, options);
    for (const dev of network.nodes) await scene.add(dev);
    return scene;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** For what is issued now. */
  settings(): BuildSettings {
    return settingsAt(this.clock, this.options.randomBytes);
  }

  async add(dev: DevNode): Promise<DemoNode> {
    const node = await DemoNode.of({ ...this.options, dev });
    this.nodes.push(node);
    if (this.closed) await node.close();
    return node;
  }

  /** Ends all nodes, for good. Never throws. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.nodes.map((node) => node.close()));
  }
}

/** Each ordered pair. */
export function directions(nodes: readonly DemoNode[]): (readonly [DemoNode, DemoNode])[] {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => [from, to] as const));
}
