import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runCli } from '../../sidecar/cli/main';
import type { Authority } from '../../sidecar/dev-network/issue-corda';
import { chainPem } from '../../sidecar/dev-network/credential';
import { issueMapSigners } from '../../sidecar/dev-network/issue-map-signers';
import { mapServiceFiles, type MapServiceFiles } from '../../sidecar/dev-network/map-service';
import { ManualClock } from '../../sidecar/lib/clock';
import { silentLogger } from '../../sidecar/lib/log';
import { loadMapServiceConfig } from '../../sidecar/mapservice/map-service-config';
import { serveMap, type ServedMap } from '../../sidecar/mapservice/serve';
import { stateFiles } from '../../sidecar/mapservice/state-files';
import { authority as usualAuthority, settings, START } from './served-map';
import { freePorts } from '../integration/support/free-ports';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** A network map service with its configuration in a folder of its own, as an operator has it. */
export class ServiceFolder {
  readonly clock = new ManualClock(START);
  private served: ServedMap | undefined;

  private constructor(
    readonly folder: string,
    readonly files: MapServiceFiles,
  ) {}

  /** `extra` is YAML at the end of the configuration; sections that it names are its own. */
  static async create(extra = '', authority: Authority = usualAuthority): Promise<ServiceFolder> {
    const folder = mkdtempSync(join(tmpdir(), 'service-folder-'));
    const files = mapServiceFiles(folder);
    mkdirSync(files.folder, { recursive: true });
    const { map, parameters } = issueMapSigners(authority.root, settings);
    writeFileSync(files.mapKey, map.privateKey, { mode: 0o600 });
    writeFileSync(files.mapChain, chainPem(map.chain));
    writeFileSync(files.parametersKey, parameters.privateKey, { mode: 0o600 });
    writeFileSync(files.parametersChain, chainPem(parameters.chain));
    writeFileSync(files.operatorToken, 'of-the-operator\n', { mode: 0o600 });
    writeFileSync(join(folder, 'root.pem'), chainPem(authority.root.chain));
    const [operator = 0] = await freePorts(1);
    const sections = [...extra.matchAll(/^(\w+):/gm)].map(([, name = '']) => name);
    const usual = configuration(operator).filter((line) => !sections.some((name) => line.startsWith(`${name}:`)));
    writeFileSync(files.config, `${usual.join('\n')}\n${extra}`);
    const made = new ServiceFolder(folder, files);
    return made;
  }

  /** Changes the text of the configuration. */
  configure(change: (yaml: string) => string): void {
    writeFileSync(this.files.config, change(readFileSync(this.files.config, 'utf8')));
  }

  get state() {
    return stateFiles(join(this.files.folder, 'map-service-state'));
  }

  get audit(): Record<string, unknown>[] {
    const lines = readFileSync(this.state.audit, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get running(): ServedMap {
    if (this.served === undefined) throw new Error('the map service does not run');
    return this.served;
  }

  async serve(): Promise<void> {
    this.served = await serveMap(await loadMapServiceConfig(this.files.config), this.clock, silentLogger);
  }

  async stop(): Promise<void> {
    const { served } = this;
    this.served = undefined;
    await served?.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Asks at the nodes' door. */
  async ask(path: string, init: RequestInit = {}): Promise<HttpAnswer> {
    return answerTo(`${this.running.url}${path}`, init);
  }

  /** Asks at the operator's entrance, with the token unless another header is given. */
  async askOperator(path: string, init: RequestInit = {}): Promise<HttpAnswer> {
    const token = readFileSync(this.files.operatorToken, 'utf8').trim();
    return answerTo(`${this.running.operatorUrl}${path}`, { headers: { authorization: `Bearer ${token}` }, ...init });
  }

  async publish(nodeInfo: Uint8Array | string): Promise<number> {
    const body = new Uint8Array(Buffer.from(nodeInfo));
    return (await this.ask('/network-map/publish', { method: 'POST', body })).status;
  }

  /** `netmap WORDS --config` of this service. */
  async cli(...words: string[]): Promise<{ readonly exit: number; readonly out: string; readonly err: string }> {
    let [out, err] = ['', ''];
    const exit = await runCli(['--config', this.files.config, ...words], {
      stdout: { isTTY: false, write: (text: string) => (out += text) },
      stderr: { isTTY: false, write: (text: string) => (err += text) },
      stdin: Readable.from([]),
      environment: {},
      clock: this.clock,
      onInterrupt: () => () => undefined,
    });
    return { exit, out, err };
  }
}

function configuration(operator: number): string[] {
  return [
    'listen: { host: 127.0.0.1, port: 0 }',
    `operator: { port: ${operator}, token: { file: operator-token } }`,
    'roots: ../root.pem',
    'mapSigner: { key: { file: map-key.pem }, chain: map.pem }',
    'parametersSigner: { key: { file: parameters-key.pem }, chain: parameters.pem }',
    'parameters: { minimumPlatformVersion: 1 }',
  ];
}

async function answerTo(url: string, init: RequestInit): Promise<HttpAnswer> {
  const answer = await fetch(url, init);
  return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}
