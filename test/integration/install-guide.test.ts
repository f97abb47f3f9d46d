import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { parseDocument } from 'yaml';
import { findJava } from '../../sidecar/broker/java';
import { obtainArtemis } from '../../sidecar/broker/obtain';
import { ARTEMIS_VERSION } from '../../sidecar/broker/obtain-home';
import { packageRoot } from '../../sidecar/lib/package-root';
import { freePorts } from './support/free-ports';
import { readUnit, type SystemdUnit } from './support/systemd-unit';
import { until } from './support/until';

jest.setTimeout(300_000);

/** What wants root, another machine's state or a build that is there already. */
const NOT_HERE =
  /^(?:apt-get|useradd|chown|systemctl|ufw|journalctl|curl) |^tar -xJf node-|^npm ci$|^npm run build$|\| sha256sum/;
const PORTS = [10002, 10003, 10004, 10005, 9464];

const run = promisify(execFile);
let folder: string;
let ports: readonly number[];
let environment: NodeJS.ProcessEnv;
let lines: readonly string[];
let yaml: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-install-'));
  ports = await freePorts(PORTS.length);
  const guide = await readFile(join(packageRoot(), 'docs/install-bare.md'), 'utf8');
  lines = blocks(guide, 'sh').flatMap((block) => block.trimEnd().split('\n'));
  [yaml = ''] = blocks(guide, 'yaml');
  environment = {
    ...process.env,
    ARTEMIS_HOME: undefined,
    PATH: `${folder}/usr/local/bin:${process.env['PATH'] ?? ''}`,
  };
  // The clone, with what `npm run build` makes.
  for (const name of ['package.json', 'README.md', 'LICENSE', 'dist', 'sidecar', 'broker-config', 'deploy'])
    await cp(join(packageRoot(), name), join(folder, 'clone', name), { recursive: true });
  for (const place of ['opt/netmap-broker', 'usr/local/bin', 'var/lib', 'etc/systemd/system'])
    await mkdir(join(folder, place), { recursive: true });
  // Fetching is another test's matter.
  const { path } = await obtainArtemis({ env: process.env });
  await symlink(path, join(folder, 'opt/netmap-broker', `apache-artemis-${ARTEMIS_VERSION}`));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function blocks(text: string, language: string): string[] {
  return Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')), ([, body = '']) => body);
}

/** Where a path of the guide lies in this test. */
function place(text: string): string {
  return text.replaceAll(/(?<![\w.])\/(?:opt|var\/lib|etc\/systemd|usr\/local)\b/g, `${folder}$&`);
}

function asUser(line: string): string {
  return line.replace(/^sudo (?:-u netmap )?/, '').replace(' -o netmap -g netmap', '');
}

async function shell(command: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', command], { cwd: join(folder, 'clone'), env: environment });
  return stdout;
}

const node = (): string => join(folder, 'var/lib/netmap');

/** Puts the settings of the guide into the node's, and ports that are free. */
async function configure(settings: string): Promise<void> {
  const file = join(node(), 'netmap.yaml');
  const config = parseDocument(await readFile(file, 'utf8'));
  const wanted = parseDocument(place(settings)).toJS() as Record<string, unknown>;
  for (const [name, value] of Object.entries(wanted)) config.set(name, value);
  const text = config.toString();
  await writeFile(
    file,
    PORTS.reduce((done, port, index) => done.replace(`port: ${port}`, `port: ${ports[index]}`), text),
  );
}

interface Started {
  readonly log: string[];
  /** With its exit code. */
  readonly ended: Promise<number | null>;
  stop(): Promise<number | null>;
}

/** Starts what the unit starts, as its systemd would. */
function start(unit: SystemdUnit, name = 'ExecStart', java?: string): Started {
  const { command, args } = unit.command(name);
  const program = command === '/usr/bin/java' && java !== undefined ? java : command;
  const child = spawn(program, args, {
    cwd: unit.value('WorkingDirectory'),
    env: { PATH: environment['PATH'], ...unit.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const log: string[] = [];
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => log.push(line));
  }
  return {
    log,
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Exit codes that are no failure to the unit. */
const well = (unit: SystemdUnit): number[] => [0, ...unit.values('SuccessExitStatus').map(Number)];
const unitFile = (name: string): string => join(folder, 'etc/systemd/system', name);
const statusLine = (): string => asUser(place(lines.find((line) => line.includes('netmap status')) ?? 'false'));

test('the commands of the guide, in their order, make a node that the unit starts and stops', async () => {
  const shown: string[] = [];
  for (const line of lines) {
    const command = asUser(line);
    if (NOT_HERE.test(command) || command.startsWith('netmap status')) continue;
    if (command.startsWith('netmap config check')) await configure(yaml);
    shown.push(await shell(place(command)));
  }
  expect(shown).toContain('0.1.0\n');
  expect(shown).toContain(`Artemis ${ARTEMIS_VERSION} in ${folder}/opt/netmap-broker/apache-artemis-2.56.0\n`);
  expect(shown.join('')).toMatch(/^WARNING state: sidecar-stopped$.*^0 faults, 1 warning, /ms);

  const unit = await readUnit(unitFile('netmap.service'), place);
  const started = start(unit);
  await until('the node runs', () => started.log.some((line) => line.includes('"message":"running"')), 120_000);
  expect(await shell(statusLine())).toMatch(/^broker +embedded, ready, Artemis 2\.56\.0$/m);
  expect(well(unit)).toContain(await started.stop());
});

test('the broker as a service of its own goes on while its sidecar is started anew', async () => {
  await configure('broker: { mode: attached, instance: broker }');
  const [unit, brokerUnit] = await Promise.all(
    ['netmap.service', 'netmap-broker.service'].map((name) => readUnit(unitFile(name), place)),
  );
  if (unit === undefined || brokerUnit === undefined) throw new Error('there is no unit');
  const { command: java } = await findJava({ env: process.env });
  // As on a machine where no sidecar has run yet.
  await rm(join(node(), 'broker'), { recursive: true });
  await mkdir(join(node(), 'broker'));
  const waiting = start(brokerUnit, 'ExecStartPre');
  const first = start(unit);
  expect(await waiting.ended).toBe(0);
  const broker = start(brokerUnit, 'ExecStart', java);
  await until('the node runs', () => first.log.some((line) => line.includes('"message":"running"')), 120_000);
  expect(well(unit)).toContain(await first.stop());
  const second = start(unit);
  await until('it runs again', () => second.log.some((line) => line.includes('"message":"running"')), 120_000);
  expect(await shell(statusLine())).toMatch(/^broker +attached, ready, Artemis 2\.56\.0$/m);
  expect(broker.log.filter((line) => line.includes('AMQ221001'))).toHaveLength(1);
  expect(well(unit)).toContain(await second.stop());
  expect(well(brokerUnit)).toContain(await broker.stop());
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const where = hasSystemd ? '' : ' [needs systemd-analyze]';
(hasSystemd ? test : test.skip)(`systemd finds nothing wrong with the units, and little exposed${where}`, async () => {
  for (const name of ['netmap.service', 'netmap-broker.service']) {
    const file = join(folder, name);
    await writeFile(file, place(await readFile(unitFile(name), 'utf8')));
    const verified = await run('systemd-analyze', ['verify', '--man=no', file]);
    expect(verified.stderr).not.toContain(name);
    // In tenths: 2.0 of 10.
    await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', '--no-pager', file]);
  }
});
