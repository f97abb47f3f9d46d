import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, systemClock } from '../lib/clock';
import { mavenSource, webSource } from './download';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-'));
});
afterEach(() => rm(folder, { recursive: true }));

const options = { clock: systemClock, onProgress: () => undefined };

describe('Maven', () => {
  async function fakeMaven(script: string): Promise<NodeJS.ProcessEnv> {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'mvn'), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, 'mvn'), 0o755);
    return { PATH: `${bin}:/usr/bin:/bin` };
  }

  it('is asked for the artifact, and its copy is taken', async () => {
    const env = await fakeMaven(
      `for a in "$@"; do case $a in -DoutputDirectory=*) echo "$@" > "\${a#*=}/x.tar.gz";; esac; done`,
    );
    const target = join(folder, 'target');
    await mavenSource('g:a:1:tar.gz:bin', env).fetch(target, options);
    expect(await readFile(target, 'utf8')).toContain('dependency:copy -Dartifact=g:a:1:tar.gz:bin');
    expect((await readdir(folder)).sort()).toEqual(['bin', 'target']);
  });

  it.each([
    ['echo "[INFO] x"; echo "[ERROR] no such artifact"; exit 1', 'no such artifact'],
    ['exit 0', 'it copied nothing'],
  ])('that fails says why: %s', async (script, words) => {
    const env = await fakeMaven(script);
    await expect(mavenSource('g:a:1', env).fetch(join(folder, 'target'), options)).rejects.toThrow(words);
    expect(await readdir(folder)).toEqual(['bin']);
  });

  it('need not be installed', async () => {
    await expect(mavenSource('g:a:1', { PATH: folder }).fetch(join(folder, 't'), options)).rejects.toThrow(
      'it is not installed',
    );
  });
});

it('gives a web server up that falls silent', async () => {
  const clock = new ManualClock();
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  let begun: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const fetching = webSource(url).fetch(join(folder, 't'), { clock, onProgress: () => begun() });
  const failed = expect(fetching).rejects.toThrow('nothing came for 60 s');
  await first;
  await clock.advance(60_000);
  await failed;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
