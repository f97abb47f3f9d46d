import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava } from '../../broker/java';
import { obtainArtemis } from '../../broker/obtain';
import type { DownloadProgress } from '../../broker/download';
import { delay, type Clock } from '../../lib/clock';
import { absence } from './absence';
import { foreignAddress, forgery, stranger } from './attacks';
import { exchange } from './exchange';
import { joinLive } from './join-live';
import { Scene, type SceneOptions } from './scene';
import { startMap } from './start-map';
import { startNodes } from './start-nodes';
import type { Step, StepResult } from './step';

export interface DemoOptions extends Omit<SceneOptions, 'folder'> {
  readonly clock: Clock;
  /** Leaves the folder, with the network and the nodes' logs. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly onBegin: (title: string) => void;
  readonly onStep: (step: DemoStep) => void;
  readonly onDownload: (progress: DownloadProgress) => void;
}

/** A step that went as it should. */
export interface DemoStep extends StepResult {
  readonly step: string;
  readonly title: string;
  readonly tookMs: number;
}

export interface DemoResult {
  /** Absolute; still there when it was to be kept. */
  readonly folder: string;
  readonly tookMs: number;
}

const STEPS: readonly Step[] = [startMap, startNodes, exchange, joinLive, absence, forgery, stranger, foreignAddress];

/** After the nodes have ended, what still waits for them ends soon. */
const SETTLE_MS = 5_000;

/**
 * Plays the whole demo. However it ends, every process that it started has ended and the folder is gone, unless it is to
 * be kept. Throws at the first step that is not as it should be, or the signal's reason.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { clock, keep, onBegin } = options;
  const began = clock.now();
  const folder = await mkdtemp(join(tmpdir(), 'netmap-demo-'));
  const demo = new Performance(options);
  try {
    await demo.stage('prepare', 'the stock broker and Java are at hand', () => prepare(options));
    const scene = await demo.open(folder);
    for (const step of STEPS) await demo.stage(step.name, step.title, () => step.play(scene));
    return { folder, tookMs: clock.now() - began };
  } finally {
    onBegin('ending the nodes');
    await demo.close();
    if (!keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What is going on, so that it can be ended at any moment. */
class Performance {
  private scene: Scene | undefined;
  private current: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: DemoOptions) {}

  async open(folder: string): Promise<Scene> {
    const title = 'three organisations have keys, certificates, NodeInfos and a configuration';
    const scene = Scene.create({ ...this.options, folder });
    await this.stage('network', title, async () => {
      this.scene = await scene;
      return { lines: this.scene.nodes.map(({ name, id }) => `${name}: ${id}`), facts: { folder } };
    });
    return scene;
  }

  /** Runs one step; throws as soon as the demo is interrupted or a node ends. */
  async stage(step: string, title: string, play: () => Promise<StepResult>): Promise<void> {
    const { clock, signal, onBegin, onStep } = this.options;
    signal.throwIfAborted();
    onBegin(title);
    const began = clock.now();
    const crashes = this.scene?.crashes() ?? [];
    const playing = play();
    this.current = playing;
    const result = await Promise.race([playing, aborted(signal), ...crashes]);
    onStep({ step, title, tookMs: clock.now() - began, ...result });
  }

  /** Ends all processes, then waits a little for what is still under way. Never throws. */
  async close(): Promise<void> {
    await this.scene?.close();
    await Promise.race([this.current.catch(() => undefined), delay(this.options.clock, SETTLE_MS)]);
    await this.scene?.close();
  }
}

/** Obtains what the brokers run with. Throws what keeps them from it. */
export async function prepare({ environment, clock, signal, onDownload }: DemoOptions): Promise<StepResult> {
  const java = await findJava({ env: environment });
  const home = await obtainArtemis({ env: environment, clock, signal, onProgress: onDownload });
  return {
    lines: [`Artemis ${home.version} in ${home.path}`, `Java ${java.version}`],
    facts: { artemis: home.version, home: home.path, java: java.version },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
