import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCertificates } from '../../../sidecar/certificates/certificate';
import { loadConfig } from '../../../sidecar/config/load-config';
import { readNodeMaterial } from '../../../sidecar/control/node-material';
import { systemClock } from '../../../sidecar/lib/clock';
import { packageRoot } from '../../../sidecar/lib/package-root';
import { freePorts } from './free-ports';
import type { NodeAccess } from './node-access';
import type { NodePlace } from './node-child';

// The bench runs this compiled, in another folder.
const FIXTURES = join(packageRoot(), 'test/fixtures/swaptacular');

interface Tls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** The fixtures' accounting authority as a node of ours that is not started, and what its creditors agent is known by. */
export interface AuthorityHome {
  readonly place: NodePlace;
  /** Where peers send to, on 127.0.0.1. */
  readonly p2p: number;
  readonly access: NodeAccess;
  readonly ids: { readonly own: string; readonly peer: string };
  /** PEM of the authority's server: key, certificate, and its root. */
  readonly ownTls: Tls;
  /** Of the agent's server. */
  readonly peerTls: Tls;
  /** Of the agent's client: its certificate with the one that the authority has issued, and the authority's root. */
  readonly clientTls: Tls;
  /** Says where the agent takes messages, on 127.0.0.1. */
  expectPeerAt(port: number): Promise<void>;
}

/** `base`: a file with settings of the broker. `memory`: its heap. `more`: further lines of netmap.yaml. */
export async function authorityHome(
  folder: string,
  { base, memory, more = '' }: { readonly base?: string; readonly memory?: string; readonly more?: string } = {},
): Promise<AuthorityHome> {
  const authority = join(folder, 'aa');
  await cp(join(FIXTURES, 'aa'), authority, { recursive: true });
  await chmod(join(authority, 'server.key'), 0o600);
  const [own, peer] = [await idOf('aa'), await idOf('ca')];
  const clientOnly = { key: await text('ca/server.key'), cert: await pem('ca/server.crt') };
  const [p2p = 0, port = 0, rpc = 0, rpcAdmin = 0] = await freePorts(4);
  const broker = Object.entries({ instance: join(folder, 'home', 'broker'), base, memory })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  const place = await writeHome(folder, { p2p, node: port, rpc, rpcAdmin }, [
    `node: { authority: ${authority} }\nbroker: { ${broker.join(', ')} }\n`,
    more,
  ]);
  const { stores } = await readNodeMaterial(await loadConfig(place.files.config), systemClock);
  return {
    ...{ place, p2p, ids: { own, peer } },
    access: { address: { host: '127.0.0.1', port }, key: stores.nodeKey, chain: stores.nodeChain },
    ownTls: { key: await text('aa/server.key'), cert: await pem('aa/server.crt'), ca: await pem('aa/root-ca.crt') },
    peerTls: { ...clientOnly, ca: await pem('ca/root-ca.crt') },
    clientTls: {
      key: clientOnly.key,
      cert: clientOnly.cert + (await pem(`ca/peers/${own}/sub-ca.crt`)),
      ca: await pem(`ca/peers/${own}/root-ca.crt`),
    },
    async expectPeerAt(at) {
      const toml = join(authority, 'peers', peer, 'nodeinfo/stomp.toml');
      const before = await readFile(toml, 'utf8');
      await writeFile(toml, before.replace(/servers = .*/, `servers = ["127.0.0.1:${at}"]`));
    },
  };
}

async function writeHome(
  folder: string,
  ports: Readonly<Record<string, number>>,
  sections: readonly string[],
): Promise<NodePlace> {
  const home = join(folder, 'home');
  await mkdir(home);
  const config = join(home, 'netmap.yaml');
  const acceptors = Object.entries(ports).map(([name, port]) => `  ${name}: { host: 127.0.0.1, port: ${port} }\n`);
  await writeFile(
    config,
    `profile: swaptacular\nstate: ${join(home, 'state')}\nacceptors:\n${acceptors.join('')}${sections.join('')}`,
  );
  return { alias: 'aa', files: { config, folder: home } };
}

async function idOf(name: string): Promise<string> {
  return (await text(`${name}/db/nodeid`)).trim();
}

function text(file: string): Promise<string> {
  return readFile(join(FIXTURES, file), 'utf8');
}

/** The certificates of a file without the text around them. */
async function pem(file: string): Promise<string> {
  return parseCertificates(await text(file))
    .map((certificate) => certificate.pem())
    .join('');
}
