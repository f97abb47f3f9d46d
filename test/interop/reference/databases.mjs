import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './children.mjs';

export const AUTHORITY_ID = '1234abcd';
/** The subnet that the authority allots; the agent calls its own 000001. */
export const ALLOTTED = '0000a7';
export const OWN = '000001';

const DESTINATIONS = { aa: '/exchange/accounts_in', ca: '/exchange/creditors_in' };

/** The database of a node, made and changed by `netmap ca`. */
export class NetmapDatabase {
  constructor(folder, netmap) {
    Object.assign(this, { folder, netmap, made: 'netmap ca' });
  }

  ca(...args) {
    return this.netmap('ca', ...args, '--dir', this.folder, '--passphrase-file', `${this.folder}.pass`);
  }

  async init(kind, port) {
    await writeFile(`${this.folder}.pass`, 'only for this run\n', { mode: 0o600 });
    const type = kind === 'aa' ? ['accounting-authority', '--id', AUTHORITY_ID] : ['creditors-agent'];
    await this.ca('init', ...type, '--server', `127.0.0.1:${port}`);
    await this.ca('server-cert');
    if (kind === 'aa') await skipSubnets(this.folder);
  }

  async bundle() {
    const file = `${this.folder}-${Date.now()}.zip`;
    await this.ca('bundle', 'create', file);
    return file;
  }

  async sign(bundle) {
    const file = `${this.folder}-peer.crt`;
    await this.ca('sign-peer', bundle, '--out', file);
    return file;
  }

  register = (certificate) => this.netmap('ca', 'register-peer', certificate, '--dir', this.folder);
  reconfigure = (id, bundle) => this.netmap('ca', 'reconfigure-peer', id, '--bundle', bundle, '--dir', this.folder);
  deactivate = (id) => this.netmap('ca', 'deactivate-peer', id, '--dir', this.folder);
}

/** The same, made by the reference implementation's scripts; their folder is the database. */
export class ScriptsDatabase {
  constructor(folder, netmap, scripts) {
    Object.assign(this, { folder, netmap, scripts, made: "the reference implementation's scripts" });
  }

  script(name, args, input) {
    return run(join(this.folder, name), args, { cwd: this.folder, input });
  }

  async init(kind, port) {
    await cp(this.scripts, this.folder, { recursive: true, filter: (path) => !path.endsWith('.git') });
    // generate-masterkey asks a terminal for a passphrase; one without is read by all that follows.
    await mkdir(join(this.folder, 'private'), { mode: 0o700 });
    await run('openssl', ['genrsa', '-out', join(this.folder, 'private/root-ca.key'), '3072']);
    const answers = kind === 'aa' ? ['3', AUTHORITY_ID] : ['1'];
    await this.script('init-ca', [], [...answers, `127.0.0.1:${port}`, 'y', 'y', ''].join('\n'));
    const files = ['server.key', 'server.csr', 'server.crt'].map((name) => join(this.folder, name));
    await this.script('generate-serverkey', files.slice(0, 2));
    await chmod(files[0], 0o600);
    await this.script('sign-servercert', files.slice(1), 'y\ny\n');
    if (kind === 'aa') await skipSubnets(this.folder);
  }

  async bundle() {
    const file = `${this.folder}-${Date.now()}.zip`;
    await this.script('create-infobundle', [file]);
    return file;
  }

  async sign(bundle) {
    await this.script('sign-peercert', [bundle], 'y\ny\n');
    const [id] = (await run('ls', [join(this.folder, 'peers')])).split('\n').filter((name) => /^[0-9a-f]+$/.test(name));
    return join(this.folder, 'peers', id, 'peercert.crt');
  }

  async register(certificate) {
    await this.script('register-peer', [certificate]);
    // The scripts leave this to the operator.
    await run('sh', [
      '-c',
      `for peer in "${this.folder}"/peers/*/sub-ca.crt; do touch "$(dirname "$peer")/ACTIVE"; done`,
    ]);
  }

  // The scripts take no second bundle of one day.
  reconfigure = (id, bundle) => this.netmap('ca', 'reconfigure-peer', id, '--bundle', bundle, '--dir', this.folder);
  deactivate = (id) => this.script('reconfigure-peer', [id, '--deactivate']);
}

const skipSubnets = (folder) =>
  writeFile(join(folder, 'db/subnets/creditors/SEQNUM'), `${Number.parseInt(ALLOTTED, 16) - 1}\n`);

/** Both exchange bundles and certificates; answers their IDs. */
export async function makePeers({ one, other }) {
  const [bundleOfOne, bundleOfOther] = [await one.bundle(), await other.bundle()];
  const [forOther, forOne] = [await one.sign(bundleOfOther), await other.sign(bundleOfOne)];
  await one.register(forOne);
  await other.register(forOther);
  return Promise.all([one, other].map(idOf));
}

const idOf = async ({ folder }) => (await readFile(join(folder, 'db/nodeid'), 'utf8')).trim();

/** What a node says of where it is reached. */
export const sayServers = (database, kind, ...servers) =>
  writeFile(
    join(database.folder, 'nodeinfo/stomp.toml'),
    `servers = ${JSON.stringify(servers)}\nhost = "/"\ndestination = "${DESTINATIONS[kind]}"\n`,
  );
