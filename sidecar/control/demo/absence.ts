import { cordaAddresses } from '../../plan/address-profile';
import { DemoError } from './demo-error';
import { trueMessage } from './exchange';
import type { Step } from './step';

const EACH = 3;

export const absence: Step = {
  name: 'absence',
  title:
    'a node goes away and comes back while the map service is down; what was sent meanwhile waits, and arrives in order',
  async play(scene) {
    const { nodes, clock } = scene;
    const away = nodes[2];
    const senders = nodes.slice(0, 2);
    if (away === undefined) throw new Error('the demo has three nodes at least');
    await away.stop();
    const texts = Array.from({ length: EACH }, (_, index) => index + 1);
    const waiting = await Promise.all(
      senders.map(async (from) => {
        for (const number of texts) await from.send(away, textOf(number, from.short));
        const queued = await from.operations.messageCount(cordaAddresses.peerQueue(away.id));
        if (queued === EACH) return queued;
        throw new DemoError('DEMO_WRONG', `${queued} messages wait at ${from.name}, not ${EACH}`);
      }),
    );
    await scene.stopMapService();
    const began = clock.now();
    await away.start();
    const upMs = clock.now() - began;
    const first = await Promise.all(
      senders.map(async (from) => {
        for (const number of texts) await trueMessage(from, away, textOf(number, from.short));
        inOrder(
          away.inbox.messages.filter(({ sender }) => sender === from.name).map(({ text }) => text),
          from.short,
        );
        return away.inbox.messages.find(({ sender }) => sender === from.name)?.at ?? 0;
      }),
    );
    await scene.startMapService();
    const allMs = Math.max(...away.inbox.messages.map(({ at }) => at)) - began;
    return {
      lines: [
        `${away.name} was stopped; ${waiting.join(' and ')} messages waited at ${senders.map(({ short }) => short).join(' and ')}`,
        `back after ${upMs} ms, with the network map as it had kept it; all ${EACH * first.length} delivered in order after ${allMs} ms`,
      ],
      facts: { node: away.name, waited: waiting, backMs: upMs, allDeliveredMs: allMs },
    };

    function inOrder(came: readonly string[], sender: string): void {
      const expected = texts.map((number) => textOf(number, sender));
      if (JSON.stringify(came) === JSON.stringify(expected)) return;
      throw new DemoError('DEMO_WRONG', `the messages of ${sender} came as ${came.join('; ')}`);
    }
  },
};

function textOf(number: number, sender: string): string {
  return `while you were away ${number}, ${sender}`;
}
