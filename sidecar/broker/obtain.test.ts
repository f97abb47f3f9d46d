import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { webSource, type ArchiveSource, type DownloadProgress } from './download';
import { cacheFolder, obtainArtemis, type ObtainOptions } from './obtain';

const JAR = Buffer.concat([Buffer.from('PK\u0005\u0006', 'latin1'), Buffer.alloc(18)]);
const NEEDED = [
  'boot',
  'cli-V',
  'server-V',
  'journal-V',
  'commons-V',
  'core-client-V',
  'amqp-protocol-V',
  'stomp-protocol-V',
];

let folder: string;
let cache: string;
let archive: Buffer;
let sha512: string;
let server: Server;
let requests: string[];
let respond: (response: ServerResponse) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'obtain-'));
  cache = join(folder, 'cache');
  await makeHome(join(folder, 'apache-artemis-2.56.0'), '2.56.0');
  await create({ gzip: true, cwd: folder, file: join(folder, 'a.tar.gz') }, ['apache-artemis-2.56.0']);
  archive = await readFile(join(folder, 'a.tar.gz'));
  sha512 = createHash('sha512').update(archive).digest('hex');
  requests = [];
  respond = (response) => response.setHeader('content-length', archive.length).end(archive);
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    respond(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function makeHome(home: string, version: string): Promise<string> {
  await mkdir(join(home, 'lib'), { recursive: true });
  const jars = [...NEEDED.map((name) => `artemis-${name.replace('V', version)}.jar`), 'log4j-core-2.jar'];
  await Promise.all(jars.map((name) => writeFile(join(home, 'lib', name), JAR)));
  return home;
}

const web = (path = '/a'): ArchiveSource =>
  webSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);

const obtain = (options: Partial<ObtainOptions> = {}): ReturnType<typeof obtainArtemis> =>
  obtainArtemis({ env: { NETMAP_CACHE: cache }, sources: [web()], sha512, ...options });

describe('a configured home', () => {
  it('is taken as it is: the setting first, then ARTEMIS_HOME', async () => {
    const one = await makeHome(join(folder, 'one'), '2.51.1');
    const two = await makeHome(join(folder, 'two'), '3.0.0');
    const env = { ARTEMIS_HOME: two, NETMAP_CACHE: cache };
    expect(await obtain({ home: one, env })).toEqual({ path: one, version: '2.51.1' });
    expect(await obtain({ env })).toEqual({ path: two, version: '3.0.0' });
    expect(requests).toEqual([]);
  });

  it('is refused when it is too old', async () => {
    const home = await makeHome(join(folder, 'old'), '2.44.0');
    await expect(obtain({ home })).rejects.toMatchObject({
      code: 'BROKER_TOO_OLD',
      message: expect.stringContaining('2.44.0') as string,
    });
  });

  it.each([
    ['an empty folder', async (home: string) => rm(join(home, 'lib'), { recursive: true }), 'ENOENT'],
    [
      'no server',
      (home: string) => rm(join(home, 'lib', 'artemis-server-2.56.0.jar')),
      'artemis-server-*.jar is missing',
    ],
    ['no boot jar', (home: string) => rm(join(home, 'lib', 'artemis-boot.jar')), 'lib/artemis-boot.jar is missing'],
    [
      'a jar cut short',
      (home: string) => writeFile(join(home, 'lib', 'log4j-core-2.jar'), 'PK'),
      'log4j-core-2.jar is cut short',
    ],
  ])('is refused when it is damaged: %s', async (_, damage, words) => {
    const home = await makeHome(join(folder, 'home'), '2.56.0');
    await damage(home);
    await expect(obtain({ home })).rejects.toMatchObject({
      code: 'BROKER_HOME_DAMAGED',
      message: expect.stringContaining(words) as string,
    });
  });
});

describe('the cache folder', () => {
  it.each([
    [{ NETMAP_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
    [{ NETMAP_CACHE: '', XDG_CACHE_HOME: '/x' }, '/x/artemis-netmap'],
  ])('follows %j', (env, expected) => {
    expect(cacheFolder(env)).toBe(expected);
  });

  it('is filled once, and says how far it is', async () => {
    const progress: DownloadProgress[] = [];
    const home = await obtain({ onProgress: (step) => progress.push(step) });
    expect(home).toEqual({ path: join(cache, 'apache-artemis-2.56.0'), version: '2.56.0' });
    expect(progress.at(-1)).toMatchObject({ bytes: archive.length, total: archive.length });
    expect(await obtain()).toEqual(home);
    expect(requests).toHaveLength(1);
    expect(await readdir(cache)).toEqual(['apache-artemis-2.56.0']);
  });

  it('takes an archive that somebody put there, without asking anybody', async () => {
    await mkdir(cache);
    await writeFile(join(cache, 'apache-artemis-2.56.0-bin.tar.gz'), archive);
    expect(await obtain()).toMatchObject({ version: '2.56.0' });
    expect(requests).toEqual([]);
  });

  it('refuses such an archive when it is another one', async () => {
    await mkdir(cache);
    await writeFile(join(cache, 'apache-artemis-2.56.0-bin.tar.gz'), 'something');
    await expect(obtain()).rejects.toMatchObject({ code: 'BROKER_ARCHIVE_INVALID' });
  });

  it('replaces what is damaged in it', async () => {
    const { path } = await obtain();
    await writeFile(join(path, 'lib', 'artemis-boot.jar'), '');
    expect(await obtain()).toMatchObject({ path, version: '2.56.0' });
    expect(requests).toHaveLength(2);
  });

  it('is filled by one of several at the same time', async () => {
    const homes = await Promise.all([obtain(), obtain(), obtain()]);
    expect(new Set(homes.map((home) => home.path)).size).toBe(1);
    expect(requests).toHaveLength(1);
  });

  it('that cannot be made is named with a way out', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(obtain({ env: { NETMAP_CACHE: join(folder, 'file', 'x') } })).rejects.toMatchObject({
      code: 'BROKER_MISSING',
      remedy: expect.stringContaining('NETMAP_CACHE') as string,
    });
  });
});

describe('a source that does not deliver', () => {
  const gone = (response: ServerResponse): unknown => response.writeHead(404).end();
  const cut = (response: ServerResponse): unknown =>
    response.setHeader('content-length', archive.length).write(archive.subarray(0, 100), () => response.destroy());
  const other = (response: ServerResponse): unknown => response.end('something else');

  it.each([
    ['not there', gone, 'answers 404'],
    ['cut off', cut, 'terminated'],
    ['changed', other, 'not the expected archive'],
  ])('is passed over, and nothing of it is kept: %s', async (_, fail, words) => {
    const good = respond;
    respond = (response) => {
      if (requests.at(-1) === '/bad') fail(response);
      else good(response);
    };
    expect(await obtain({ sources: [web('/bad'), web('/good')] })).toMatchObject({ version: '2.56.0' });
    expect(requests).toEqual(['/bad', '/good']);
    expect(await readdir(cache)).toEqual(['apache-artemis-2.56.0']);
    await rm(cache, { recursive: true });
    await expect(obtain({ sources: [web('/bad')] })).rejects.toMatchObject({
      code: 'BROKER_MISSING',
      message: expect.stringContaining(words) as string,
      remedy: expect.stringContaining(cache) as string,
    });
    expect(await readdir(cache)).toEqual([]);
  });

  it('ends at once when told to', async () => {
    const stop = new AbortController();
    respond = (response) => {
      response
        .setHeader('content-length', archive.length)
        .write(archive.subarray(0, 100), () => stop.abort(new Error('enough')));
    };
    await expect(obtain({ signal: stop.signal })).rejects.toThrow('enough');
    expect(await readdir(cache)).toEqual([]);
  });

  it('may be an archive that cannot be unpacked', async () => {
    respond = (response) => response.end('no archive');
    const hash = createHash('sha512').update('no archive').digest('hex');
    await expect(obtain({ sha512: hash })).rejects.toMatchObject({ code: 'BROKER_MISSING' });
    await expect(access(join(cache, 'apache-artemis-2.56.0'))).rejects.toThrow();
  });
});
