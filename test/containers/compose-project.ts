import type { Container, ContainerInspectInfo } from 'dockerode';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageRoot } from '../../sidecar/lib/package-root';
import { docker } from './engine';

export const IMAGE = 'artemis-netmap:test';
const LOG_LINES = 30;
const LABEL = 'com.docker.compose.project';
const UP_SECONDS = 300;
const run = promisify(execFile);

const PORTS = [
  'MAP_SERVICE',
  ...['A', 'B', 'C', 'D'].flatMap((one) => [`PARTY_${one}_STATUS`, `PARTY_${one}_TRAFFIC`]),
];
const ENVIRONMENT = {
  ...process.env,
  // Ports left empty are chosen by the engine.
  ...Object.fromEntries(PORTS.map((port) => [`${port}_PORT`, ''])),
  NETMAP_IMAGE: IMAGE,
  NETMAP_SUBNET: '198.19.2',
};

/** A network of the project's docker-compose.yml, under a name, addresses and ports of its own. */
export class ComposeProject {
  constructor(readonly name: string) {}

  /** Throws with what compose wrote, and what unhealthy containers did. */
  async build(): Promise<void> {
    await this.compose([], 'build', '--quiet');
  }

  /** Resolves when all are healthy. */
  async up(...profiles: string[]): Promise<void> {
    await this.compose(profiles, 'up', '--detach', '--wait', '--wait-timeout', String(UP_SECONDS));
  }

  async down(): Promise<void> {
    await this.compose(['*'], 'down', '--volumes', '--timeout', '5');
  }

  private async compose(profiles: readonly string[], ...command: string[]): Promise<void> {
    const args = ['compose', '-p', this.name, ...profiles.flatMap((profile) => ['--profile', profile]), ...command];
    try {
      await run('docker', args, { cwd: packageRoot(), env: ENVIRONMENT, maxBuffer: 2 ** 26 });
    } catch (error) {
      const { stderr = '' } = error as { stderr?: string };
      throw new Error(`docker ${args.join(' ')}:\n${stderr.slice(-2_000)}\n${await this.complaints()}`);
    }
  }

  /** The one container of a service. */
  async container(service: string): Promise<Container> {
    const filters = { label: [`${LABEL}=${this.name}`, `com.docker.compose.service=${service}`] };
    const [found] = await docker.listContainers({ all: true, filters });
    if (found === undefined) throw new Error(`there is no container of the service ${service}`);
    return docker.getContainer(found.Id);
  }

  async inspect(service: string): Promise<ContainerInspectInfo> {
    return (await this.container(service)).inspect();
  }

  /** The port of this machine on which a container's port is published. */
  async publishedPort(service: string, port: number): Promise<{ readonly host: string; readonly port: number }> {
    const { NetworkSettings } = await this.inspect(service);
    const [published] = NetworkSettings.Ports[`${port}/tcp`] ?? [];
    if (published === undefined) throw new Error(`port ${port} of ${service} is not published`);
    return { host: published.HostIp, port: Number(published.HostPort) };
  }

  /** Names of the containers, volumes and networks that there are of this project. */
  async remains(): Promise<string[]> {
    const filters = { label: [`${LABEL}=${this.name}`] };
    const [containers, { Volumes: volumes }, networks] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listVolumes({ filters }),
      docker.listNetworks({ filters }),
    ]);
    return [
      ...containers.flatMap(({ Names }) => Names),
      ...volumes.map(({ Name }) => Name),
      ...networks.map(({ Name }) => Name),
    ];
  }

  private async complaints(): Promise<string> {
    const listed = await docker.listContainers({ all: true, filters: { label: [`${LABEL}=${this.name}`] } });
    const sick = listed.filter(({ Status }) => !/healthy\)$|Exited \(0\)/.test(Status) || Status.includes('unhealthy'));
    const logs = await Promise.all(
      sick.map(async ({ Id, Names, Status }) => {
        const log = await docker.getContainer(Id).logs({ stdout: true, stderr: true, tail: LOG_LINES });
        return `${Names.join()} (${Status}):\n${log.toString('utf8')}`;
      }),
    );
    return logs.join('\n');
  }
}
