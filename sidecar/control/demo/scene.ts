import { join } from 'node:path';
import { createDevNetwork } from '../../dev-network/create-dev-network';
import { settingsAt, type DevNetwork, type DevNode } from '../../dev-network/dev-network';
import { partyName } from '../../dev-network/names';
import type { BuildSettings } from '../../dev-network/build-node';
import { mapServiceFiles } from '../../dev-network/map-service';
import type { Clock } from '../../lib/clock';
import { DemoError } from './demo-error';
import { DemoNode } from './demo-node';
import { freePortRow } from './free-ports';
import { NetmapProcess } from './netmap-process';

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
/** Of the map service. */
const SERVICE_PORTS = 2;
/** One more node joins later. */
const PORTS = SERVICE_PORTS + 4 * (NODES + 1);

/** Everybody who takes part. */
export class Scene {
  /** Those who run, or are away for a while, in the order in which they joined. */
  readonly nodes: DemoNode[] = [];
  private mapService: NetmapProcess | undefined;
  private closed = false;

  private constructor(
    readonly network: DevNetwork,
    private readonly options: SceneOptions,
  ) {}

  /** Makes the network's files; nothing runs yet. Throws DemoError DEMO_PORTS or DevNetworkError. */
  static async create(options: SceneOptions): Promise<Scene> {
    const map = await freePortRow(PORTS, options.random);
    const network = await createDevNetwork({
      folder: options.folder,
      nodes: Array.from({ length: NODES }, (_, index) => ({ name: partyName(index) })),
      basePort: map + SERVICE_PORTS,
      mapService: { map, operator: map + 1 },
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

  /** Starts the network map service; answers its process id. Throws DemoError. */
  async startMapService(): Promise<number | undefined> {
    const { environment, clock } = this.options;
    if (this.closed) throw new DemoError('DEMO_WRONG', 'the map service is to start after the end of the demo');
    const { config, folder } = mapServiceFiles(this.network.files.network);
    const mapService = new NetmapProcess({
      ...{ words: ['map', 'serve'], ready: 'serving', config },
      ...{ log: join(folder, 'netmap.log'), environment, clock },
    });
    this.mapService = mapService;
    await mapService.running;
    return mapService.pid;
  }

  async stopMapService(): Promise<void> {
    const { mapService } = this;
    this.mapService = undefined;
    await mapService?.stop();
  }

  /** One for each process that runs: rejects when it ends by itself. */
  crashes(): Promise<never>[] {
    const service = this.mapService === undefined ? [] : [this.mapService.crashed()];
    return [...service, ...this.nodes.map((node) => node.crashed())];
  }

  /** Ends everything, for good. Never throws. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([this.stopMapService(), ...this.nodes.map((node) => node.close())]);
  }
}

/** Each ordered pair. */
export function directions(nodes: readonly DemoNode[]): (readonly [DemoNode, DemoNode])[] {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => [from, to] as const));
}
