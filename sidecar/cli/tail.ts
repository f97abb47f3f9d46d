import { randomUUID } from 'node:crypto';
import { openNode } from '../control/node-client/open-node';
import { receiveMessages } from '../control/node-client/receive-messages';
import { openTailQueue } from '../control/node-client/tail-queue';
import { AddressBookError } from '../messaging/address-book-error';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { positiveNumber, wholeNumber } from './option-values';
import { receivedJson, receivedText } from './received-text';

interface TailOptions {
  readonly count?: number;
  readonly timeout?: number;
  readonly as?: string;
  readonly from?: string;
  readonly topic?: string;
}

const KEEP = 1_000;
const TOPIC = 'platform-topic';

export const tail: CliCommand<TailOptions> = {
  words: ['tail'],
  summary: 'shows copies of the messages that come in from now on; applications get them all the same',
  details: `Shows until it is interrupted unless --count or --timeout is given. When more come than can be shown, the oldest
copies are left out: nobody who sends waits for a terminal.

Examples:
  netmap tail --from "O=Party B, L=New York, C=US"
  netmap tail --topic orders --json`,
  configure(command) {
    return command
      .option('--from <name>', 'of this sender alone: X.500 name in any spelling, or id')
      .option('--topic <text>', 'of this topic alone')
      .option('--as <name>', 'X.500 name or id of another of the own identities, such as a service')
      .option('--count <number>', 'end after so many', wholeNumber(1, 1_000_000_000))
      .option('--timeout <seconds>', 'end when none has come for so long', positiveNumber(86_400));
  },
  async run({ loadConfig, output, clock, signal }, { options: { count, timeout, as, from, topic } }) {
    const config = await loadConfig();
    const { connection, directory, material } = await openNode(config, clock);
    const enough = new AbortController();
    let shown = 0;
    try {
      const id = as === undefined ? material.own.identities[0].id : directory.findOwn(as).id;
      const sender = from === undefined ? undefined : (await directory.find(from)).id;
      const queue = await openTailQueue({ config, material, clock, id, unique: randomUUID(), keep: KEEP });
      try {
        output.note('looking on; Ctrl-C ends it');
        await receiveMessages(connection, {
          source: queue.source,
          ...(timeout === undefined ? {} : { quietMs: timeout * 1000 }),
          clock,
          signal: AbortSignal.any([signal, enough.signal]),
          async onMessage(message) {
            if (enough.signal.aborted || (topic !== undefined && message.properties[TOPIC] !== topic)) return;
            if (sender !== undefined && message.senderId !== sender) return;
            const senderName = message.senderId === undefined ? undefined : await directory.nameOf(message.senderId);
            const named = { ...message, senderName };
            output.result(receivedJson(named), () => receivedText(named));
            shown += 1;
            if (shown === count) enough.abort();
          },
        });
      } finally {
        await queue.close();
      }
      return count !== undefined && shown < count ? EXIT.partly : EXIT.ok;
    } catch (error) {
      if (!(error instanceof AddressBookError)) throw error;
      output.error(error);
      return EXIT.usage;
    } finally {
      await connection.close();
    }
  },
};
