import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeBulk } from '../../sidecar/network-map/bulk';
import { instantOf } from '../../sidecar/network-map/instant';
import type { NetworkMapDocument } from '../../sidecar/network-map/network-map';
import type { NetworkParametersDocument } from '../../sidecar/network-map/network-parameters';
import { signNodeInfoBlob } from '../../sidecar/network-map/node-info-blob';
import { readNodeInfoJson } from '../../sidecar/network-map/node-info-json';
import { signNodeInfo, type SigningIdentity } from '../../sidecar/network-map/node-info-writer';
import { signMap, signParameters, type DocumentSigner } from '../../sidecar/network-map/sign-document';
import { readSignedMap, type DocumentForm } from '../../sidecar/network-map/signed-document';
import { readSignedNodeInfo } from '../../sidecar/network-map/signed-node-info';
import { issue, SampleNetwork, type Holder } from './sample-network';

export const sampleParameters: NetworkParametersDocument = {
  minimumPlatformVersion: 4,
  notaries: [],
  maxMessageSize: 10_485_760,
  maxTransactionSize: 10_485_760,
  modifiedTime: instantOf(Date.parse('2026-02-01T00:00:00Z')),
  epoch: 1,
  whitelistedContractImplementations: new Map(),
  eventHorizon: 30 * 86_400_000,
  packageOwnership: new Map(),
};

export interface ServedNode {
  readonly name: string;
  readonly hash: string;
  readonly bytes: Buffer;
  readonly identity: SigningIdentity;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A network map service whose every answer a test may bend. */
export class FakeMapService {
  readonly network = new SampleNetwork();
  readonly signer: DocumentSigner;
  nodes: ServedNode[] = [];
  maxAge = 60;
  serverVersion: string | undefined = '2';
  lastModified: number | undefined;
  /** Answers instead, where it is set and the path begins so. */
  bend: { path: string; handler: Handler } | undefined;
  port = 0;
  readonly requests: string[] = [];
  readonly posted: { readonly path: string; readonly body: Buffer }[] = [];
  readonly parameters = new Map<string, Buffer>();
  private readonly server: Server;
  private readonly privateMaps = new Map<string, Buffer>();
  signedMap: Buffer = Buffer.alloc(0);
  private etag = '';

  constructor(readonly form: DocumentForm) {
    const holder = issue('CN=Network Map, O=Network, L=London, C=GB', 'NETWORK_MAP', this.network.root);
    this.signer = this.signerOf(holder);
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.answer(request, response, Buffer.concat(chunks)));
    });
  }

  /** What another service needs to stand for the same network. */
  identity(): Pick<FakeMapService, 'network' | 'signer' | 'nodes' | 'parameters'> {
    const { network, signer, nodes, parameters } = this;
    return { network, signer, nodes, parameters };
  }

  signerOf({ certificate, privateKey }: Holder): DocumentSigner {
    return { privateKey, chain: [certificate, this.network.root.certificate] };
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/zone`;
  }

  async node(name: string, serial = 1n, identity?: SigningIdentity, platformVersion = 4): Promise<ServedNode> {
    const signing = identity ?? this.network.legal(`O=${name}, L=Rome, C=IT`);
    const content = this.network.content([signing], { serial, platformVersion });
    if (this.form === 'corda') {
      const { bytes, hash } = signNodeInfoBlob(content);
      return { name, hash, bytes, identity: signing };
    }
    const bytes = Buffer.from((await signNodeInfo(content)).text);
    return { name, hash: readNodeInfoJson(bytes).hash, bytes, identity: signing };
  }

  async addParameters(parameters: NetworkParametersDocument, signer = this.signer): Promise<string> {
    const { hash, bytes } = await signParameters(parameters, signer, this.form);
    this.parameters.set(hash, bytes);
    return hash;
  }

  /** Signs the map of `nodes`, by the first parameters unless told otherwise. */
  async publishMap(rest: Partial<NetworkMapDocument> = {}, signer = this.signer): Promise<void> {
    if (this.parameters.size === 0) await this.addParameters(sampleParameters);
    const [networkParameterHash = ''] = this.parameters.keys();
    const document = { nodeInfoHashes: this.nodes.map(({ hash }) => hash), networkParameterHash, ...rest };
    const { bytes, hash } = await signMap(document, signer, this.form);
    this.signedMap = bytes;
    this.etag = `"${hash}"`;
  }

  async publishPrivateMap(uuid: string, nodes: readonly ServedNode[]): Promise<void> {
    const [networkParameterHash = ''] = this.parameters.keys();
    const document = { nodeInfoHashes: nodes.map(({ hash }) => hash), networkParameterHash };
    this.privateMaps.set(uuid, (await signMap(document, this.signer, this.form)).bytes);
    this.hidden.push(...nodes);
  }

  readonly hidden: ServedNode[] = [];

  count(path: string): number {
    return this.requests.filter((each) => each.startsWith(path)).length;
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const path = (request.url ?? '').replace('/zone/network-map', '');
    this.requests.push(path);
    if (this.bend !== undefined && path.startsWith(this.bend.path)) {
      this.bend.handler(request, response);
      return;
    }
    if (request.method === 'POST') {
      this.posted.push({ path, body });
      response.end();
      return;
    }
    const found = this.find(path);
    if (found === undefined) {
      response.writeHead(404).end();
      return;
    }
    const headers = {
      'Cache-Control': `public, max-age=${this.maxAge}`,
      ...(this.serverVersion === undefined ? {} : { 'X-Corda-Server-Version': this.serverVersion }),
      ...(path === '' ? { ETag: this.etag } : {}),
      ...(path === '' && this.lastModified !== undefined
        ? { 'Last-Modified': new Date(this.lastModified).toUTCString() }
        : {}),
    };
    if (path === '' && request.headers['if-none-match'] === this.etag) response.writeHead(304, headers).end();
    else response.writeHead(200, headers).end(found);
  }

  private find(path: string): Buffer | string | undefined {
    if (path === '') return this.signedMap;
    if (path === '/my-hostname') return '127.0.0.1';
    if (path === '/node-infos') return this.bulk();
    const [, kind, hash = ''] = path.split('/');
    if (kind === 'network-parameters') return this.parameters.get(hash);
    if (kind === 'node-info') return [...this.nodes, ...this.hidden].find((node) => node.hash === hash)?.bytes;
    return this.privateMaps.get(kind ?? '');
  }

  private bulk(): Buffer {
    if (this.form === 'corda') {
      return writeBulk(
        readSignedMap(this.signedMap),
        this.nodes.map(({ bytes }) => readSignedNodeInfo(bytes)),
      );
    }
    const nodeInfos = this.nodes.map(({ bytes }) => JSON.parse(bytes.toString()) as unknown);
    return Buffer.from(JSON.stringify({ map: JSON.parse(this.signedMap.toString()) as unknown, nodeInfos }));
  }
}
