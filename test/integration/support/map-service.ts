import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevNetwork } from '../../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNetwork } from '../../../sidecar/dev-network/dev-network';
import { mapServiceFiles, mapUrl } from '../../../sidecar/dev-network/map-service';
import { systemClock } from '../../../sidecar/lib/clock';
import { silentLogger } from '../../../sidecar/lib/log';
import { loadMapServiceConfig } from '../../../sidecar/mapservice/map-service-config';
import { serveMap, type ServedMap } from '../../../sidecar/mapservice/serve';
import { freePorts } from './free-ports';

/** A development network whose nodes know one another by a network map service alone; nothing is started. */
export class ServedNetwork {
  private served: ServedMap | undefined;

  private constructor(
    readonly network: DevNetwork,
    readonly url: string,
    private readonly folder: string,
    private readonly config: string,
  ) {}

  static async create(nodes: readonly { readonly name: string; readonly alias: string }[]): Promise<ServedNetwork> {
    const folder = await mkdtemp(join(tmpdir(), 'netmap-served-'));
    const ports = await freePorts(nodes.length * 4 + 2);
    const next = (): number => ports.shift() ?? 0;
    const mapService = { map: next(), operator: next() };
    const network = await createDevNetwork({
      folder,
      nodes: nodes.map((node) => ({ ...node, ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() } })),
      mapService,
      ...settingsAt(systemClock, randomBytes),
    });
    for (const { files } of network.nodes) {
      const yaml = await readFile(files.config, 'utf8');
      await writeFile(files.config, yaml.replace('format: json', 'format: json, maxPollSeconds: 1'));
    }
    const { config } = mapServiceFiles(network.files.network);
    const url = mapUrl(mapService);
    return new ServedNetwork(network, url, folder, config);
  }

  get service(): ServedMap['service'] {
    if (this.served === undefined) throw new Error('the map service does not run');
    return this.served.service;
  }

  private async state(): Promise<string> {
    return (await loadMapServiceConfig(this.config)).state;
  }

  async serve(): Promise<void> {
    this.served = await serveMap(await loadMapServiceConfig(this.config), systemClock, silentLogger);
  }

  async stopServing(): Promise<void> {
    const { served } = this;
    this.served = undefined;
    await served?.stop();
  }

  /** Copies the state of the service, which must not run. */
  async backUp(): Promise<string> {
    const copy = join(this.folder, 'backup');
    await cp(await this.state(), copy, { recursive: true });
    return copy;
  }

  /** Puts a copy in place of the state; the service must not run. */
  async restore(copy: string): Promise<void> {
    const state = await this.state();
    await rm(state, { recursive: true, force: true });
    await cp(copy, state, { recursive: true });
  }

  async remove(): Promise<void> {
    await this.stopServing();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
