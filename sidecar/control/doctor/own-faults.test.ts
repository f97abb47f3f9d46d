import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DoctoredNode, only } from '../../../test/interop/doctor/doctored-node';
import { chainPem } from '../../dev-network/credential';
import { issueTls } from '../../dev-network/issue-corda';
import { issueOddTls, issueStranger } from '../../dev-network/odd-tls';
import { readNodeCredentials } from '../../dev-network/open-dev-network';
import { ManualClock } from '../../lib/clock';

const DAY_MS = 86_400_000;
const isRoot = process.getuid?.() === 0;
let node: DoctoredNode;

beforeEach(async () => {
  node = await DoctoredNode.create();
});
afterEach(() => node.remove());

/** What is wrong is told once, with a remedy, and nothing of what follows from it. */
async function finds(cause: string, words: RegExp, remedy: RegExp, more: Parameters<DoctoredNode['diagnose']>[0] = {}) {
  const findings = await node.diagnose(more);
  expect(only(findings, cause)).toMatchObject({
    words: expect.stringMatching(words) as unknown,
    remedy: expect.stringMatching(remedy) as unknown,
  });
  expect(findings.filter(({ verdict }) => verdict === 'fault').map((one) => one.cause)).toEqual([cause]);
}

test('a healthy node that does not run has no fault', async () => {
  const findings = await node.diagnose();
  expect(findings.flatMap(({ cause }) => cause ?? [])).toEqual(['sidecar-stopped']);
  expect(findings.filter(({ verdict }) => verdict === 'ok').map(({ id }) => id)).toEqual([
    ...['config', 'folders', 'clock', 'keys', 'certificate', 'certificate-time', 'key-match', 'own-name'],
    ...['rpc-users', 'java', 'broker-home', 'network-map'],
  ]);
});

describe('configuration', () => {
  test('config-missing', async () => {
    await rm(node.dev.files.config);
    await finds('config-missing', /does not exist/, /--config/);
  });

  test('config-unreadable', async () => {
    await rm(node.dev.files.config);
    await mkdir(node.dev.files.config);
    await finds('config-unreadable', /netmap\.yaml/, /./);
  });

  test('config-invalid', async () => {
    await node.configure('profile: corda', 'profil: corda');
    await finds('config-invalid', /profil.*did you mean "profile"/, /correct/);
  });

  test('rpc-users-unusable', async () => {
    await writeFile(node.dev.files.rpcUsers, 'users: 7\n');
    await finds('rpc-users-unusable', /rpc-users\.yaml/, /correct/);
  });

  test('a node without RPC users is looked at all the same, and the way to its peers', async () => {
    await node.configure(/^ +users: .*rpc-users.*$/m, '  {}');
    const found = await node.diagnose({ peer: node.peer.name.toCorda() });
    expect(found.find(({ id }) => id === 'rpc-users')).toMatchObject({ verdict: 'ok', words: 'none is configured' });
    expect(found.filter(({ words }) => words.includes('rpc-users comes first'))).toEqual([]);
    expect(only(found, 'peer-unreachable')).toMatchObject({ id: 'peer' });
  });
});

describe('folders', () => {
  test('folder-not-a-folder', async () => {
    await writeFile(join(node.dev.files.folder, 'state'), '');
    await finds('folder-not-a-folder', /state is in the place of a folder/, /move it away/);
  });

  test('folder-read-only', async () => {
    const broker = join(node.dev.files.folder, 'broker');
    await mkdir(broker);
    if (isRoot && mounted('size=64k,ro', broker)) {
      try {
        await finds('folder-read-only', /broker cannot be written: its file system is read-only/, /mount it/);
      } finally {
        execFileSync('umount', [broker]);
      }
    } else if (!isRoot) {
      await chmod(broker, 0o500);
      await finds('folder-read-only', /broker cannot be written/, /chown/);
    }
  });

  test('disk-full', async () => {
    const state = join(node.dev.files.folder, 'state');
    await mkdir(state);
    if (isRoot && mounted('size=64k', state)) {
      try {
        await finds('disk-full', /the disk of .*state is full/, /free some room/);
      } finally {
        execFileSync('umount', [state]);
      }
    }
    const diskRoom = (): Promise<{ free: number; usedPercent: number }> =>
      Promise.resolve({ free: 2 ** 30, usedPercent: 99.2 });
    await rm(state, { recursive: true });
    await finds('disk-full', /99 % used, 1024 MiB free/, /maxUsagePercent/, { diskRoom });
  });

  test('disk-nearly-full', async () => {
    const diskRoom = (): Promise<{ free: number; usedPercent: number }> =>
      Promise.resolve({ free: 2 ** 30, usedPercent: 87 });
    expect(await node.causes({ diskRoom })).toEqual(['disk-nearly-full']);
  });

  function mounted(options: string, folder: string): boolean {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }
});

describe('state', () => {
  test('state-damaged', async () => {
    await mkdir(join(node.dev.files.folder, 'state'));
    await writeFile(join(node.dev.files.folder, 'state', 'serials.json'), '{');
    await finds('state-damaged', /serials\.json is damaged/, /restore it from a backup/);
  });

  test('state-in-use', async () => {
    await node.runs({ node: { name: 'O=Party B, L=New York, C=US', id: 'DLb' } });
    const found = only(await node.diagnose(), 'state-in-use');
    expect(found.words).toContain(`process ${process.pid}, the sidecar of O=Party B`);
    await rm(join(node.dev.files.folder, 'state'), { recursive: true });
    expect(only(await node.diagnose(), 'sidecar-stopped').remedy).toContain('netmap run');
  });
});

describe('clock', () => {
  test('clock-behind, by the root of the network', async () => {
    const clock = new ManualClock(Date.now() - 3 * DAY_MS);
    await finds('clock-behind', /the network's root is valid from/, /NTP/, { clock });
  });

  test('clock-behind, by files of the state folder', async () => {
    await node.runs();
    const later = new Date(Date.now() + DAY_MS);
    await utimes(join(node.dev.files.folder, 'state', 'status.json'), later, later);
    expect(await node.causes()).toEqual(['clock-behind']);
  });
});

describe('keys', () => {
  test('secret-missing', async () => {
    await rm(node.dev.files.tlsKey);
    await finds('secret-missing', /certificates\.key: .*does not exist/, /create it/);
  });

  test('secret-open-to-others', async () => {
    await chmod(node.dev.files.tlsKey, 0o644);
    await finds('secret-open-to-others', /open to others/, /chmod 600/);
  });

  test('secret-unreadable', async () => {
    await rm(node.dev.files.tlsKey);
    await mkdir(node.dev.files.tlsKey, { mode: 0o700 });
    await finds('secret-unreadable', /is not a file/, /name a file/);
  });

  test('key-protected', async () => {
    const { tlsKey } = node.dev.files;
    const aside = `${tlsKey}.protected`;
    execFileSync('openssl', ['pkcs8', '-topk8', '-in', tlsKey, '-out', aside, '-passout', 'pass:secret']);
    await copyFile(aside, tlsKey);
    await finds('key-protected', /protected by a passphrase/, /openssl pkcs8 -topk8 -nocrypt/);
  });

  test('key-damaged', async () => {
    await node.edit(node.dev.files.tlsKey, (text) => text.replace(/\n.{10}/, '\nAAAAAAAAAA'));
    await finds('key-damaged', /holds no private key/, /PKCS#8/);
  });

  test('key-of-another-certificate', async () => {
    await copyFile(node.peer.files.tlsKey, node.dev.files.tlsKey);
    await finds('key-of-another-certificate', /is not that of the first certificate/, /requested/);
  });
});

describe('certificates', () => {
  const odd = async (kind: Parameters<typeof issueOddTls>[0]) => {
    const credentials = await readNodeCredentials(node.dev);
    const random = (size: number): Uint8Array => randomBytes(size);
    await present(issueOddTls(kind, { node: credentials, otherName: node.peer.name, at: Date.now(), random }));
  };
  const present = async ({ privateKey, chain }: { privateKey: string; chain: Parameters<typeof chainPem>[0] }) => {
    await writeFile(node.dev.files.tlsChain, chainPem(chain));
    await writeFile(node.dev.files.tlsKey, privateKey, { mode: 0o600 });
  };
  const settings = (from: number, to: number) => ({
    validity: { notBefore: Date.now() + from * DAY_MS, notAfter: Date.now() + to * DAY_MS },
    random: (size: number): Uint8Array => randomBytes(size),
  });

  test('certificate-missing', async () => {
    await rm(node.dev.files.roots);
    await finds('certificate-missing', /roots\.pem cannot be read/, /path/);
  });

  test('certificate-damaged', async () => {
    await writeFile(node.dev.files.tlsChain, 'nothing');
    await finds('certificate-damaged', /tls-chain\.pem/, /PEM/);
  });

  test('certificate-wrong-root: a root of the same name with another key', async () => {
    await odd('wrong-root');
    await finds('certificate-wrong-root', /has another key/, /roots\.pem/);
  });

  test('certificate-wrong-root: another root', async () => {
    const stranger = issueStranger(node.dev.name, settings(-1, 100));
    await writeFile(node.dev.files.roots, stranger.nodeCa.chain[0].pem());
    await finds('certificate-wrong-root', /leads to the root .*Root CA.* has O=Party A/, /put the root/);
  });

  test('certificate-incomplete', async () => {
    const leaf = (await readNodeCredentials(node.dev)).tls.chain[0];
    await writeFile(node.dev.files.tlsChain, leaf.pem());
    await finds('certificate-incomplete', /ends below O=Party A/, /add the certificate of O=Party A/);
  });

  test('certificate-unfit', async () => {
    await odd('no-role');
    await finds('certificate-unfit', /has no Corda role/, /have the network issue/);
  });

  test('certificate-expired', async () => {
    await odd('expired');
    await finds('certificate-expired', /tls-chain\.pem expired on/, /issue it anew/);
  });

  test('certificate-not-yet-valid', async () => {
    await odd('not-yet-valid');
    await finds('certificate-not-yet-valid', /is valid from .* only/, /is the clock right/);
  });

  test('certificate-expires-soon', async () => {
    const { nodeCa } = await readNodeCredentials(node.dev);
    await present(issueTls(nodeCa, settings(-1, 10.5)));
    const findings = await node.diagnose();
    expect(only(findings, 'certificate-expires-soon')).toMatchObject({
      verdict: 'warning',
      words: expect.stringContaining('expires in 10 days') as unknown,
    });
    expect(findings.every(({ verdict }) => verdict !== 'fault')).toBe(true);
  });
});

describe('own name', () => {
  test('name-differs', async () => {
    await copyFile(node.peer.files.nodeInfo, node.dev.files.nodeInfo);
    await finds('name-differs', /is of O=Party B.*certificate of O=Party A/, /one and the same node/);
  });

  test('node-info-missing', async () => {
    await rm(node.dev.files.nodeInfo);
    await finds('node-info-missing', /node-info\.json cannot be read/, /path/);
  });

  test('node-info-invalid', async () => {
    await writeFile(node.dev.files.nodeInfo, '{}');
    await finds('node-info-invalid', /./, /./);
  });
});

describe('embedded broker', () => {
  test('java-old', async () => {
    await node.installJava('11.0.2');
    await finds('java-old', /is Java 11\.0\.2/, /Install Java 17/);
  });

  test('java-missing', async () => {
    const environment = { JAVA_HOME: join(node.folder, 'none'), ARTEMIS_HOME: join(node.folder, 'artemis'), PATH: '' };
    await finds('java-missing', /none was found/, /JAVA_HOME/, { environment });
  });

  test('broker-home-old', async () => {
    await node.installArtemis(['artemis-server-2.40.0.jar']);
    await finds('broker-home-old', /version 2\.40\.0/, /2\.50 or later/);
  });

  test('broker-home-damaged', async () => {
    await node.installArtemis(['artemis-server-2.56.0.jar']);
    await finds('broker-home-damaged', /no complete Artemis/, /[Uu]npack/);
  });

  test('broker-not-fetched', async () => {
    const environment = { JAVA_HOME: join(node.folder, 'java'), NETMAP_CACHE: join(node.folder, 'cache') };
    expect(await node.causes({ environment })).toEqual(['broker-not-fetched']);
  });
});
