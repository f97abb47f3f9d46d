import { DemoError } from './demo-error';
import type { DemoNode } from './demo-node';
import type { Delivered } from './inbox';
import { directions } from './scene';
import { SOON_MS, type Step } from './step';

/** A message that has come, as shown. */
export interface Shown {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** The true sender, as the receiving broker tells it. */
  readonly sender: string;
}

export const exchange: Step = {
  name: 'exchange',
  title: 'messages arrive in all six directions, each with its true sender',
  async play({ nodes, clock }) {
    const messages = await Promise.all(
      directions(nodes).map(async ([from, to]) => {
        const began = clock.now();
        const { at, ...shown } = await deliver(from, to, `hello ${to.short}, this is ${from.short}`);
        return { ...shown, tookMs: at - began };
      }),
    );
    return { lines: messages.map((message) => `${shownLine(message)}  (${message.tookMs} ms)`), facts: { messages } };
  },
};

/** Sends, and waits until it has come. Throws as `trueMessage` does. */
export async function deliver(from: DemoNode, to: DemoNode, text: string): Promise<Shown & { readonly at: number }> {
  await from.send(to, text);
  const { at, sender } = await trueMessage(from, to, text);
  return { from: from.name, to: to.name, text, sender, at };
}

/** Waits for the message at its receiver. Throws DemoError where it comes with another sender than the true one. */
export async function trueMessage(from: DemoNode, to: DemoNode, text: string): Promise<Delivered> {
  const message = await to.inbox.message(text, SOON_MS);
  if (message.sender !== from.name) {
    throw new DemoError('DEMO_WRONG', `a message of ${from.name} came to ${to.name} as one of ${message.sender}`);
  }
  return message;
}

export function shownLine({ to, text, sender }: Shown): string {
  return `at ${to}: ${JSON.stringify(text)} from ${sender}`;
}
