import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { parseConfig } from '../../sidecar/config/load-config';
import { packageRoot } from '../../sidecar/lib/package-root';

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly tcpSocket?: { readonly port: string };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly resources?: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly env?: readonly { readonly value?: string }[];
}
interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName: string;
  readonly hostNetwork?: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly terminationGracePeriodSeconds: number;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Readonly<Record<string, unknown> & { name: string }>[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}
interface SetSpec {
  readonly replicas: number;
  readonly template: { readonly spec: PodSpec };
  readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[];
}

const OVERLAYS = ['development', 'production', 'high-availability', 'swaptacular'] as const;
const folder = join(packageRoot(), 'deploy/kubernetes');
const schemaCheck = join(packageRoot(), '../shared/lab/check-manifests.sh');
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

const built = new Map<string, string>();

/** What `kubectl apply -k` would send. */
function textOf(overlay: string): string {
  const known = built.get(overlay);
  if (known !== undefined) return known;
  const text = execFileSync('kubectl', ['kustomize', join(folder, 'overlays', overlay)], { encoding: 'utf8' });
  built.set(overlay, text);
  return text;
}

function manifestsOf(overlay: string): Manifest[] {
  return parseAllDocuments(textOf(overlay)).map((document) => document.toJS() as Manifest);
}

function setOf(overlay: string): SetSpec {
  return manifestsOf(overlay).find(({ kind }) => kind === 'StatefulSet')?.spec as unknown as SetSpec;
}

function podOf(overlay: string): PodSpec {
  return setOf(overlay).template.spec;
}

function containerOf(overlay: string, name: string): Container {
  const found = podOf(overlay).containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`${overlay} has no container ${name}`);
  return found;
}

function settingsOf(overlay: string): string {
  const found = manifestsOf(overlay).find(({ metadata }) => metadata.name.startsWith('netmap-settings'));
  return found?.data?.['netmap.yaml'] ?? '';
}

const suite = hasKubectl ? describe : describe.skip;
if (!hasKubectl) test.skip('the manifests need kubectl, which is not on the path', () => undefined);

suite.each(OVERLAYS)('the overlay %s', (overlay) => {
  test('pods meet the restricted standard, in a namespace that enforces it', () => {
    const namespace = manifestsOf(overlay).find(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const pod = podOf(overlay);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.hostNetwork).toBeUndefined();
    for (const { securityContext } of [...pod.containers, ...(pod.initContainers ?? [])])
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    const allowed = ['name', 'configMap', 'secret', 'emptyDir', 'persistentVolumeClaim'];
    expect(pod.volumes.flatMap((volume) => Object.keys(volume)).filter((kind) => !allowed.includes(kind))).toEqual([]);
  });

  test('no rights and no token', () => {
    const pod = podOf(overlay);
    const account = manifestsOf(overlay).find(({ kind }) => kind === 'ServiceAccount');
    expect([pod.serviceAccountName, pod.automountServiceAccountToken]).toEqual([account?.metadata.name, false]);
    expect(account).toMatchObject({ automountServiceAccountToken: false });
    expect(manifestsOf(overlay).filter(({ kind }) => /Role/.test(kind))).toEqual([]);
  });

  test('the stock broker, and requests and limits of memory for every container', () => {
    const pod = podOf(overlay);
    expect(containerOf(overlay, 'broker').image).toBe('apache/artemis:2.56.0');
    for (const { resources } of [...pod.containers, ...(pod.initContainers ?? [])])
      expect(resources).toMatchObject({
        requests: { cpu: expect.anything() as unknown, memory: expect.anything() as unknown },
        limits: { memory: expect.anything() as unknown },
      });
  });

  test('the heap leaves room within the limit of memory', () => {
    const { env, resources } = containerOf(overlay, 'broker');
    const heap = bytes(/-Xmx(\w+)/.exec(env?.[0]?.value ?? '')?.[1] ?? '');
    expect(heap).toBeGreaterThan(0);
    expect(bytes(resources?.limits?.memory ?? '')).toBeGreaterThanOrEqual(heap * 1.5);
  });

  test('whether it lives and whether it serves are asked apart', () => {
    const sidecar = containerOf(overlay, 'sidecar');
    expect(sidecar.startupProbe?.httpGet?.path).toBe('/health/live');
    expect(sidecar.livenessProbe?.httpGet?.path).toBe('/health/live');
    expect(sidecar.readinessProbe?.httpGet?.path).toBe('/health/ready');
    const broker = containerOf(overlay, 'broker');
    // One that waits for the store's lock listens nowhere, and must not be killed for it.
    const expected = overlay === 'high-availability' ? undefined : { port: 'p2p' };
    expect([broker.startupProbe?.tcpSocket, broker.livenessProbe?.tcpSocket]).toEqual([expected, expected]);
  });

  test('nothing secret stands in a ConfigMap or in the environment, and no Secret is in the manifests', () => {
    const manifests = manifestsOf(overlay);
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const open = manifests.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => JSON.stringify(data));
    for (const text of open) expect(text).not.toMatch(/PRIVATE KEY|passwordHash|ENC\(/);
    const secrets = podOf(overlay).volumes.flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
    expect(secrets.length).toBeGreaterThan(0);
    // The group may read, others may not: that is what the sidecar asks of a file with a key in it.
    for (const secret of secrets) expect(secret).toMatchObject({ defaultMode: 0o440 });
  });

  test('what the broker and the sidecar share is the folder etc, in memory', () => {
    const sidecar = containerOf(overlay, 'sidecar').volumeMounts;
    const broker = containerOf(overlay, 'broker').volumeMounts;
    const shared = sidecar.filter(({ name }) => broker.some((mount) => mount.name === name));
    expect(shared).toEqual([{ name: 'etc', mountPath: '/var/lib/artemis-instance/etc' }]);
    expect(podOf(overlay).volumes.find(({ name }) => name === 'etc')).toMatchObject({ emptyDir: { medium: 'Memory' } });
  });

  test('the settings are those of a sidecar, and fit what is mounted and opened', () => {
    const config = parseConfig('/etc/netmap/netmap.yaml', settingsOf(overlay));
    expect(config.broker).toMatchObject({ mode: 'attached', instance: '/var/lib/artemis-instance' });
    expect(config.http).toMatchObject({ host: '0.0.0.0', port: 9100 });
    const mounts = containerOf(overlay, 'sidecar').volumeMounts.map(({ mountPath }) => mountPath);
    const { key, chain, roots } = config.certificates;
    const directories = config.sources.flatMap(({ directory }) => directory?.path ?? []);
    const authority = config.node.authority ?? [];
    for (const path of [
      key.file ?? '',
      chain,
      roots,
      config.state,
      config.rpc.users ?? '',
      directories,
      authority,
    ].flat())
      expect(mounts.filter((mount) => path === mount || path.startsWith(`${mount}/`))).toHaveLength(1);
    expect(config.broker.highAvailability).toBe(overlay === 'high-availability' ? 'sharedStore' : 'none');
  });

  test('one pod at a time may be taken away, peers alone come from outside', () => {
    const manifests = manifestsOf(overlay);
    const budget = manifests.find(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budget?.spec).toMatchObject({ maxUnavailable: 1 });
    const policy = manifests.find(({ kind }) => kind === 'NetworkPolicy')?.spec as unknown as {
      readonly ingress: readonly { readonly from?: unknown; readonly ports: readonly { readonly port: string }[] }[];
    };
    const open = policy.ingress.filter(({ from }) => from === undefined).flatMap(({ ports }) => ports);
    expect(open.map(({ port }) => port)).toEqual(['p2p']);
    const outside = manifests.filter(({ kind, spec }) => kind === 'Service' && spec?.['type'] === 'LoadBalancer');
    expect(outside.map(({ metadata }) => metadata.name)).toEqual(overlay === 'production' ? ['netmap-p2p'] : []);
  });

  (existsSync(schemaCheck) ? test : test.skip)('the strict schema of Kubernetes 1.33 takes every manifest', () => {
    const { stdout, status } = spawnSync(schemaCheck, ['-'], { input: textOf(overlay), encoding: 'utf8' });
    expect(stdout).toContain('Invalid: 0, Errors: 0');
    expect(status).toBe(0);
  });
});

suite('high availability', () => {
  test('two brokers have one store, and each an address of its own', () => {
    const overlay = 'high-availability';
    const { replicas, volumeClaimTemplates } = setOf(overlay);
    expect(replicas).toBe(2);
    expect(volumeClaimTemplates.map(({ metadata }) => metadata.name)).toEqual(['state']);
    const store = manifestsOf(overlay).find(({ kind }) => kind === 'PersistentVolumeClaim');
    expect(store?.spec).toMatchObject({ accessModes: ['ReadWriteMany'] });
    expect(podOf(overlay).volumes).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: store?.metadata.name },
    });
    const { data } = parseConfig('/etc/netmap/netmap.yaml', settingsOf(overlay)).broker;
    expect(containerOf(overlay, 'broker').volumeMounts).toContainEqual({ name: 'data', mountPath: data });
    const pods = manifestsOf(overlay).flatMap(({ spec }) =>
      Object.entries(spec?.['selector'] ?? {}).flatMap(([label, value]: [string, unknown]) =>
        label === 'statefulset.kubernetes.io/pod-name' ? [value] : [],
      ),
    );
    expect(pods).toEqual(['netmap-0', 'netmap-1']);
  });
});

test('every file of the base is used', () => {
  const { resources, configMapGenerator } = parse(readFileSync(join(folder, 'base/kustomization.yaml'), 'utf8')) as {
    readonly resources: readonly string[];
    readonly configMapGenerator: readonly { readonly files: readonly string[] }[];
  };
  const named = [...resources, ...configMapGenerator.flatMap(({ files }) => files)];
  for (const file of named) expect(existsSync(join(folder, 'base', file))).toBe(true);
});

function bytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([kmg])i?$/i.exec(text) ?? [];
  return Number(digits) * 1024 ** ('kmg'.indexOf(unit.toLowerCase()) + 1);
}
