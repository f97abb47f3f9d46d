import type { Container, ContainerInspectInfo } from 'dockerode';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { packageRoot } from '../../sidecar/lib/package-root';
import { until } from '../integration/support/until';
import { docker } from './engine';

/** Another name for the image under test lets two checkouts share an engine. */
export const IMAGE = process.env['NETMAP_TEST_IMAGE'] ?? 'artemis-netmap:test';
const LOG_LINES = 30;
const LABEL = 'com.docker.compose.project';
const UP_SECONDS = 300;
const run = promisify(execFile);

const PORTS = [
  'MAP_SERVICE',
  ...['A', 'B', 'C', 'D'].flatMap((one) => [`PARTY_${one}_STATUS`, `PARTY_${one}_TRAFFIC`]),
  ...['AA_STATUS', 'CA_STATUS', 'PARTY_A_1_STATUS', 'PARTY_A_2_STATUS'],
];
const ENVIRONMENT = {
  ...process.env,
  // Ports left empty are chosen by the engine.
  ...Object.fromEntries(PORTS.map((port) => [`${port}_PORT`, ''])),
  NETMAP_IMAGE: IMAGE,
  NETMAP_SUBNET: '198.19.2',
  NETMAP_SWAPTACULAR_SUBNET: '198.19.4',
  NETMAP_HA_SUBNET: '198.19.6',
};

/** What a command in a container said, and its exit code. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A network of a compose file, under a name, addresses and ports of its own. */
export class ComposeProject {
  /** `file`: from the project's folder. */
  constructor(
    readonly name: string,
    private readonly file = 'docker-compose.yml',
  ) {}

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
    const chosen = profiles.flatMap((profile) => ['--profile', profile]);
    const args = ['compose', '-p', this.name, '-f', this.file, ...chosen, ...command];
    try {
      await run('docker', args, { cwd: packageRoot(), env: ENVIRONMENT, maxBuffer: 2 ** 26 });
    } catch (error) {
      const { stderr = '' } = error as { stderr?: string };
      throw new Error(`docker ${args.join(' ')}:\n${stderr.slice(-2_000)}\n${await this.complaints()}`);
    }
  }

  /** Runs a command line of a page of the docs in a shell, as it is written there, on this project. */
  async asWritten(line: string): Promise<string> {
    try {
      const env = { ...ENVIRONMENT, COMPOSE_PROJECT_NAME: this.name };
      return (await run('sh', ['-c', line], { cwd: packageRoot(), env, maxBuffer: 2 ** 26 })).stdout;
    } catch (error) {
      const { stderr = '' } = error as { stderr?: string };
      throw new Error(`${line}:\n${stderr.slice(-2_000)}\n${await this.complaints()}`, { cause: error });
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

  /** Runs a command in the container of a service, with `input` at its standard input. */
  async exec(service: string, command: readonly string[], input = ''): Promise<Said> {
    return this.say(['exec', '-i', (await this.container(service)).id, ...command], input);
  }

  /**
   * Runs netmap in a container of its own with the volumes of a service, in one network of the project. `heard` is called with
   * what it says on standard error while it runs.
   */
  async beside(
    [service, network]: readonly [service: string, network: string],
    command: readonly string[],
    input = '',
    heard: (text: string) => void = () => undefined,
  ): Promise<Said> {
    const { id } = await this.container(service);
    const place = ['--volumes-from', id, '--network', `${this.name}_${network}`];
    return this.say(
      ['run', '--rm', '-i', ...place, '--label', `${LABEL}=${this.name}`, IMAGE, ...command],
      input,
      heard,
    );
  }

  private async say(args: readonly string[], input: string, heard?: (text: string) => void): Promise<Said> {
    const child = spawn('docker', args, { env: ENVIRONMENT });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
    if (heard !== undefined) child.stderr.on('data', heard);
    // A command may end without having read it.
    child.stdin.on('error', () => undefined).end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, ...said };
  }

  /** Until the container of a service is healthy. */
  async healthy(service: string, timeoutMs: number): Promise<void> {
    const container = await this.container(service);
    const isHealthy = async (): Promise<boolean> => (await container.inspect()).State.Health?.Status === 'healthy';
    await until(`${service} is healthy`, isHealthy, timeoutMs);
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
