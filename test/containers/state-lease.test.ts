import { randomBytes } from 'node:crypto';
import { until } from '../integration/support/until';
import { ComposeProject, IMAGE } from './compose-project';
import { report } from './container-use';
import { describeWithEngine, docker } from './engine';

const SOON_MS = 60_000;
/** Takes the lease of the folder as a sidecar does, says so, and holds it until it is killed. */
const HOLD = `
  const { StateFolder } = require('/opt/artemis-netmap/dist/control/state-folder.js');
  const state = new StateFolder('/var/lib/netmap');
  state.acquire(process.pid).then(() => console.log('held by ' + process.pid), (error) => {
    console.log(error.code + ': ' + error.message);
    process.exit(1);
  });
  setInterval(() => undefined, 1000);
`;

describeWithEngine('two containers with one state folder', () => {
  const volume = `netmap-lease-${randomBytes(4).toString('hex')}`;
  const names: string[] = [];

  beforeAll(() => new ComposeProject(volume).build(), 600_000);
  afterAll(async () => {
    for (const name of names) await docker.getContainer(name).remove({ force: true });
    await docker.getVolume(volume).remove();
  }, 60_000);

  /** Each is process 1 of its own container. */
  async function holder(name: string): Promise<string> {
    const container = await docker.createContainer({
      name: `${volume}-${name}`,
      Image: IMAGE,
      Entrypoint: ['node', '-e', HOLD],
      Tty: true,
      HostConfig: { Binds: [`${volume}:/var/lib/netmap`], NetworkMode: 'none', CapDrop: ['ALL'], ReadonlyRootfs: true },
    });
    names.push(container.id);
    await container.start();
    return container.id;
  }

  async function says(id: string): Promise<string> {
    let said = '';
    await until(
      'it says something',
      async () => {
        const logs = await docker.getContainer(id).logs({ stdout: true, stderr: true });
        said = logs.toString('utf8').trim();
        return said !== '';
      },
      SOON_MS,
    );
    return said;
  }

  test('the second is refused while the first lives, running or paused', async () => {
    const first = await holder('first');
    expect(await says(first)).toBe('held by 1');
    const refusal = 'NODE_IN_USE: a sidecar with process id 1 of another container works with /var/lib/netmap';
    expect(await says(await holder('second'))).toBe(refusal);
    await docker.getContainer(first).pause();
    expect(await says(await holder('third'))).toBe(refusal);
    await docker.getContainer(first).unpause();
  }, 240_000);

  test('one that was killed is followed at once, by another container and by itself', async () => {
    const [first = ''] = names;
    await docker.getContainer(first).kill({ signal: 'SIGKILL' });
    const began = Date.now();
    const next = await holder('next');
    expect(await says(next)).toBe('held by 1');
    report(
      `the lease of a killed container is taken ${Date.now() - began} ms after its end, the start of the next one included`,
    );
    await docker.getContainer(next).kill({ signal: 'SIGKILL' });
    await docker.getContainer(next).start();
    await until(
      'it holds it again',
      async () => {
        const { State } = await docker.getContainer(next).inspect();
        const log = await docker.getContainer(next).logs({ stdout: true });
        return State.Running && log.toString('utf8').split('held by 1').length === 3;
      },
      SOON_MS,
    );
  }, 240_000);
});
