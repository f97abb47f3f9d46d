import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { DoctoredNode } from '../../test/interop/doctor/doctored-node';
import { systemClock } from '../lib/clock';
import { EXIT } from './exit-codes';
import { runCli } from './main';

let node: DoctoredNode;
beforeEach(async () => {
  node = await DoctoredNode.create();
});
afterEach(() => node.remove());

async function doctor(...words: string[]) {
  let [out, err] = ['', ''];
  const exit = await runCli(['doctor', '--config', node.dev.files.config, '--timeout', '1000', ...words], {
    stdin: Readable.from([]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: { JAVA_HOME: join(node.folder, 'java'), ARTEMIS_HOME: join(node.folder, 'artemis'), PATH: '' },
    clock: systemClock,
    onInterrupt: () => () => undefined,
  });
  return { exit, out, err };
}

test('a node without faults: exit code 0, warnings alone', async () => {
  expect(await doctor()).toEqual({
    exit: EXIT.ok,
    err: '',
    out: `WARNING state: sidecar-stopped
        no sidecar has run with it yet
        to do: start it: netmap run --config ${node.dev.files.config}
0 faults, 1 warning, 12 well, 7 not looked at
`,
  });
  expect((await doctor('--all')).out).toContain('ok      key-match: they are one pair\n');
});

test('faults are shown before warnings, what only follows from them is not: exit code 1', async () => {
  await rm(node.dev.files.tlsKey);
  const { exit, out } = await doctor();
  expect(exit).toBe(EXIT.failed);
  expect(out.match(/^(?:FAULT|WARNING) +\S+ \S+$/gm)).toEqual([
    'FAULT   keys: secret-missing',
    'WARNING state: sidecar-stopped',
  ]);
  expect(out).toMatch(/\n1 fault, 1 warning, /);
  expect(JSON.parse((await doctor('--json')).out)).toMatchObject({
    healthy: false,
    findings: expect.arrayContaining([expect.objectContaining({ cause: 'secret-missing' })]) as unknown,
  });
});
