import { arch } from 'node:os';
import { join } from 'node:path';
import type { Java } from './java';
import type { ArtemisHome } from './obtain-home';

export interface LaunchSettings {
  readonly home: ArtemisHome;
  readonly java: Java;
  /** The instance folder, absolute: etc/ is in it; tmp/ and data/ are made there. */
  readonly instance: string;
  /** Where the broker keeps its journal; `data` in the instance folder unless given. Absolute. */
  readonly data?: string;
  /** The broker.properties file; absolute. */
  readonly properties?: string;
  /** Java heap, MiB. */
  readonly heap?: { readonly initial?: number; readonly max: number };
  /** Further options for the JVM, after ours. They are visible in the list of processes: no secrets. */
  readonly jvmOptions?: readonly string[];
}

export interface LaunchCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const DEFAULT_HEAP = { initial: 256, max: 1024 };
/** What the broker gets to see of our environment, which may hold secrets of ours. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH', 'JAVA_TOOL_OPTIONS'];

export function dataFolder(settings: LaunchSettings): string {
  return settings.data ?? join(settings.instance, 'data');
}

/** The command that runs the broker, as its own start script would. */
export function launchCommand(settings: LaunchSettings, env: NodeJS.ProcessEnv): LaunchCommand {
  const { home, java, instance, properties } = settings;
  const etc = join(instance, 'etc');
  return {
    command: java.command,
    args: [
      ...jvmOptions(settings),
      `-Djava.security.auth.login.config=${join(etc, 'login.config')}`,
      `-Djava.library.path=${join(home.path, 'bin', 'lib', `linux-${nativeArch()}`)}`,
      `-Djava.io.tmpdir=${join(instance, 'tmp')}`,
      '-Dlog4j2.disableJmx=true',
      `-Dartemis.home=${home.path}`,
      `-Dartemis.instance=${instance}`,
      `-Dartemis.instance.etc=${etc}`,
      `-Ddata.dir=${dataFolder(settings)}`,
      '-classpath',
      join(home.path, 'lib', 'artemis-boot.jar'),
      'org.apache.activemq.artemis.boot.Artemis',
      'run',
      ...(properties === undefined ? [] : ['--properties', properties]),
    ],
    env: Object.fromEntries(PASSED_ON.filter((name) => env[name] !== undefined).map((name) => [name, env[name]])),
  };
}

function jvmOptions({ heap = DEFAULT_HEAP, java, jvmOptions: further = [] }: LaunchSettings): string[] {
  return [
    `-Xms${Math.min(heap.initial ?? DEFAULT_HEAP.initial, heap.max)}m`,
    `-Xmx${heap.max}m`,
    '-XX:+UseParallelGC',
    // A broker that is out of memory answers nobody; one that ends is started again.
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:AutoBoxCacheMax=20000',
    '--add-opens',
    'java.base/jdk.internal.misc=ALL-UNNAMED',
    // Asked for since Java 24 by the journal's and the network's native code.
    ...(java.major >= 24 ? ['--enable-native-access=ALL-UNNAMED'] : []),
    ...further,
  ];
}

/** Node's word for a processor, and the one in the names of the broker's native libraries. */
const NATIVE_ARCH = new Map([
  ['x64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['ia32', 'i686'],
]);

function nativeArch(): string {
  return NATIVE_ARCH.get(arch()) ?? arch();
}
