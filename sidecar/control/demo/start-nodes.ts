import { delay, type Clock } from '../../lib/clock';
import { cordaAddresses } from '../../plan/address-profile';
import { DemoError } from './demo-error';
import type { DemoNode } from './demo-node';
import { SOON_MS, type Step } from './step';

const AGAIN_MS = 50;

export const startNodes: Step = {
  name: 'start',
  title: 'three nodes run, each with a stock broker of its own, configured and proven, and know one another by the map',
  async play({ nodes, clock }) {
    await Promise.all(nodes.map((node) => node.start()));
    const began = clock.now();
    await Promise.all(nodes.map((node) => untilKnown(node, nodes, clock)));
    const knownMs = clock.now() - began;
    const started = nodes.map(({ name, pid, dev, config }) => ({ name, pid, ports: dev.ports, config: config.file }));
    return {
      lines: [
        ...started.map(({ name, pid, ports }) => `${name}: p2p at 127.0.0.1:${ports.p2p}, process ${pid ?? '-'}`),
        `each knew the other two ${knownMs} ms after the last was started`,
      ],
      facts: { nodes: started, knownMs },
    };
  },
};

/** Waits until the node's broker has a queue for each of the others. */
async function untilKnown(node: DemoNode, nodes: readonly DemoNode[], clock: Clock): Promise<void> {
  const deadline = clock.now() + SOON_MS;
  const wanted = nodes.filter((other) => other !== node).map(({ id }) => cordaAddresses.peerQueue(id));
  for (;;) {
    const queues = new Set(await node.operations.queueNames());
    if (wanted.every((name) => queues.has(name))) return;
    if (clock.now() > deadline) {
      throw new DemoError('DEMO_LATE', `${node.name} does not know the others by the map within ${SOON_MS} ms`);
    }
    await delay(clock, AGAIN_MS);
  }
}
