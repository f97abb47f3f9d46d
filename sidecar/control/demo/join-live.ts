import { AccessError } from '../../broker/amqp/access-error';
import { addNode } from '../../dev-network/add-node';
import { partyName } from '../../dev-network/names';
import { delay, type Clock } from '../../lib/clock';
import { DemoError } from './demo-error';
import type { DemoNode } from './demo-node';
import { deliver, shownLine, type Shown } from './exchange';
import { SOON_MS, type Step } from './step';
import { Traffic } from './traffic';

const AGAIN_MS = 25;

export const joinLive: Step = {
  name: 'join',
  title: 'a fourth node joins while messages flow, and no other connection is reset',
  async play(scene) {
    const { clock } = scene;
    const others = [...scene.nodes];
    const { node: dev } = await addNode(scene.network, { name: partyName(others.length) }, scene.settings());
    const joiner = await scene.add(dev);
    const traffic = new Traffic(others, clock);
    const before = await lastingConnections(others, traffic);

    await joiner.start();
    const began = clock.now();
    const welcomed = await Promise.all(others.map((other) => welcome(other, joiner, clock)));
    const answered = await Promise.all(
      others.map((other) => deliver(joiner, other, `thank you ${other.short}, this is ${joiner.short}`)),
    );

    const meanwhile = await traffic.stop();
    const after = await connectionsOf(others);
    const reset = [...before].filter((id) => !after.has(id));
    if (reset.length > 0) {
      throw new DemoError('DEMO_WRONG', `${reset.length} of ${before.size} connections of others were reset`);
    }
    const firstMs = Math.min(...welcomed.map(({ at }) => at)) - began;
    return {
      lines: [
        `from its start, when it publishes its NodeInfo, to the first message delivered: ${firstMs} ms`,
        ...[...welcomed, ...answered].map(shownLine),
        `connections at the other three brokers before: ${before.size}; of these reset: 0`,
        `messages among the other three meanwhile: ${meanwhile}; all delivered`,
      ],
      facts: {
        node: joiner.name,
        firstDeliveredMs: firstMs,
        messages: [...welcomed, ...answered],
        connectionsBefore: before.size,
        connectionsReset: 0,
        messagesMeanwhile: meanwhile,
      },
    };
  },
};

/** Sends as soon as the sender's own broker has a queue for the new node. */
async function welcome(from: DemoNode, to: DemoNode, clock: Clock): Promise<Shown & { readonly at: number }> {
  const deadline = clock.now() + SOON_MS;
  for (;;) {
    try {
      return await deliver(from, to, `welcome ${to.short}, this is ${from.short}`);
    } catch (error) {
      const unknown = error instanceof AccessError && error.code === 'ACCESS_REFUSED';
      if (!unknown || clock.now() > deadline) throw error;
      await delay(clock, AGAIN_MS);
    }
  }
}

/** Those that are there in each of several looks: a sidecar that tries a peer connects for a moment only. */
async function lastingConnections(nodes: readonly DemoNode[], traffic: Traffic): Promise<Set<string>> {
  let lasting: Set<string> | undefined;
  for (let look = 0; look < 3; look += 1) {
    await traffic.round();
    const found = await connectionsOf(nodes);
    const before: Set<string> = lasting ?? found;
    lasting = new Set([...before].filter((id) => found.has(id)));
  }
  return lasting ?? new Set();
}

async function connectionsOf(nodes: readonly DemoNode[]): Promise<Set<string>> {
  const found = await Promise.all(
    nodes.map(async (node) => [...(await node.connections())].map((id) => `${node.id} ${id}`)),
  );
  return new Set(found.flat());
}
