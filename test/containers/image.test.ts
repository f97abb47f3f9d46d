import { ComposeProject, IMAGE } from './compose-project';
import { report } from './container-use';
import { documentedCommands } from './documented-commands';
import { describeWithEngine, docker } from './engine';

const MOST_BYTES = 250e6;

describeWithEngine('the image of the sidecar', () => {
  beforeAll(() => new ComposeProject('netmap-image').build(), 600_000);

  /** What a command says in the image, with nothing that it may write to and no rights. */
  async function inImage(...command: string[]): Promise<{ readonly code: number; readonly said: string }> {
    const [entry = '', ...Cmd] = command;
    const container = await docker.createContainer({
      Image: IMAGE,
      Entrypoint: [entry],
      Cmd,
      Tty: true,
      HostConfig: { ReadonlyRootfs: true, CapDrop: ['ALL'], NetworkMode: 'none', SecurityOpt: ['no-new-privileges'] },
    });
    try {
      await container.start();
      const { StatusCode } = (await container.wait()) as { StatusCode: number };
      return { code: StatusCode, said: (await container.logs({ stdout: true, stderr: true })).toString('utf8').trim() };
    } finally {
      await container.remove({ force: true });
    }
  }

  test('the page’s commands build it and run it', async () => {
    const project = new ComposeProject('netmap-image');
    // Under the name of the test's image, not to put another in the place of the user's.
    const [build = '', run = '', ...more] = documentedCommands('The image alone').map((line) =>
      line.replace(/\bartemis-netmap\b/, IMAGE),
    );
    expect(more).toEqual([]);
    await project.asWritten(build);
    expect(await project.asWritten(run)).toMatch(/^\d+\.\d+\.\d+\n$/);
  }, 600_000);

  test('is small, says what it is, and runs netmap as a user of no rights', async () => {
    const { Size, Config } = await docker.getImage(IMAGE).inspect();
    report(`the image has ${(Size / 1e6).toFixed(0)} MB`);
    expect(Size).toBeLessThan(MOST_BYTES);
    expect(Config).toMatchObject({ User: '1001:1001', Entrypoint: ['netmap'], Cmd: ['run'], StopSignal: 'SIGTERM' });
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'artemis-netmap',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    });
    expect(Config.Healthcheck).toMatchObject({ Test: expect.arrayContaining(['CMD', 'node']) as string[] });
  });

  test('runs with a root file system that cannot be written to, and gives memory back', async () => {
    const { code, said } = await inImage('netmap', '--version');
    expect([code, said]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    expect((await inImage('sh', '-c', 'id -u; id -g; echo $MALLOC_ARENA_MAX')).said.split(/\s+/)).toEqual([
      '1001',
      '1001',
      '1',
    ]);
    expect(await inImage('touch', '/opt/artemis-netmap/x')).toMatchObject({ code: 1 });
  });

  test('has neither build tools nor a JVM, nor what belongs to development', async () => {
    const tools = ['npm', 'npx', 'yarn', 'corepack', 'gcc', 'cc', 'make', 'python3', 'git', 'curl', 'java', 'tsc'];
    expect((await inImage('sh', '-c', `for tool in ${tools.join(' ')}; do command -v $tool; done; true`)).said).toBe(
      '',
    );
    const { said } = await inImage(
      'sh',
      '-c',
      'cd /opt/artemis-netmap && ls; ls node_modules; find dist sidecar -name "*.test.*"',
    );
    const names = said.split(/\s+/);
    expect(names).toEqual(expect.arrayContaining(['dist', 'broker-config', 'fastify', 'rhea']));
    for (const name of ['jest', 'typescript', 'dockerode', 'test', '.npm', '.cache']) expect(names).not.toContain(name);
    expect(said).not.toMatch(/\.test\./);
  });

  test('nothing of it can be changed by the user it runs as, but the folders for volumes', async () => {
    const owned =
      'find / -xdev ( -user 1001 -o -group 1001 -o -perm -0002 ) -not -type l -not -path /proc/* -not -path /dev/*';
    const { said } = await inImage(...owned.split(' '));
    const found = said
      .split(/\s+/)
      .filter((path) => path.startsWith('/') && !/^\/(tmp|var\/tmp|run\/lock)$/.test(path));
    expect(found.sort()).toEqual(['/var/lib/artemis-instance', '/var/lib/artemis-instance/etc', '/var/lib/netmap']);
  });

  test('a health check fails with a reason where nobody answers', async () => {
    const { code, said } = await inImage('node', '/opt/artemis-netmap/sidecar/bin/health.mjs');
    expect(code).toBe(1);
    expect(said).toMatch(/^http:\/\/127\.0\.0\.1:9100\/health\/live: connect ECONNREFUSED/);
  });
});
