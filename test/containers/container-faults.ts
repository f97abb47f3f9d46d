import type { Container } from 'dockerode';
import { delay, systemClock } from '../../sidecar/lib/clock';
import { docker } from './engine';

interface Endpoint {
  readonly IPAMConfig?: object;
  readonly Aliases?: string[];
}

export const FAULTS = ['killed', 'paused', 'cut off', 'stopped'] as const;
export type Fault = (typeof FAULTS)[number];

/** Does it to a container for so long, milliseconds, and takes it back. One that is killed comes back by itself. */
export async function strike(container: Container, fault: Fault, forMs: number): Promise<void> {
  if (fault === 'killed') return crash(container);
  const undo = await begin(container, fault);
  await delay(systemClock, forMs);
  await undo();
}

async function begin(container: Container, fault: Exclude<Fault, 'killed'>): Promise<() => Promise<unknown>> {
  if (fault === 'paused') {
    await container.pause();
    return () => container.unpause();
  }
  if (fault === 'stopped') {
    await container.stop();
    return () => container.start();
  }
  return cutOff(container);
}

/** The process dies as of a fault of its own: an engine that is asked to kill it would not start it anew. */
async function crash(container: Container): Promise<void> {
  const { State, RestartCount } = await container.inspect();
  process.kill(State.Pid, 'SIGKILL');
  for (;;) {
    const now = await container.inspect();
    if (now.RestartCount > RestartCount && now.State.Running) return;
    await delay(systemClock, 100);
  }
}

/** Takes it out of all its networks; it comes back under the same addresses and names. */
async function cutOff(container: Container): Promise<() => Promise<void>> {
  const { NetworkSettings } = await container.inspect();
  const networks: [string, Endpoint][] = Object.entries(NetworkSettings.Networks);
  for (const [name] of networks) await docker.getNetwork(name).disconnect({ Container: container.id });
  return async () => {
    for (const [name, { IPAMConfig, Aliases }] of networks) {
      await docker.getNetwork(name).connect({ Container: container.id, EndpointConfig: { IPAMConfig, Aliases } });
    }
  };
}
