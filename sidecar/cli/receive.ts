import { setImmediate } from 'node:timers/promises';
import { AddressBookError } from '../messaging/address-book-error';
import { openNode } from '../control/node-client/open-node';
import { receiveMessages } from '../control/node-client/receive-messages';
import { cordaAddresses } from '../plan/address-profile';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { positiveNumber, wholeNumber } from './option-values';
import { receivedJson, receivedText } from './received-text';

interface ReceiveOptions {
  readonly count?: number;
  readonly timeout?: number;
  readonly as?: string;
}

export const receive: CliCommand<ReceiveOptions> = {
  words: ['receive'],
  summary: 'reads the messages that came in for this node, each with its true sender',
  details: `Each is taken out of the queue when it has been shown. Reads until it is interrupted unless --count or --timeout
is given; exit code 3 when fewer than --count have come.`,
  configure(command) {
    return command
      .option('--count <number>', 'end after so many', wholeNumber(1, 1_000_000_000))
      .option('--timeout <seconds>', 'end when none has come for so long', positiveNumber(86_400))
      .option('--as <name>', 'X.500 name or id of another of the own identities, such as a service');
  },
  async run({ loadConfig, output, clock, signal }, { options: { count, timeout, as } }) {
    const config = await loadConfig();
    const { connection, directory, material } = await openNode(config, clock);
    try {
      const id = as === undefined ? material.own.identities[0].id : directory.findOwn(as).id;
      const received = await receiveMessages(connection, {
        source: cordaAddresses.inboundSource(id),
        ...(count === undefined ? {} : { count }),
        ...(timeout === undefined ? {} : { quietMs: timeout * 1000 }),
        clock,
        signal,
        async onMessage(message) {
          const senderName = message.senderId === undefined ? undefined : await directory.nameOf(message.senderId);
          const named = { ...message, senderName };
          output.result(receivedJson(named), () => receivedText(named));
          // A pipe whose reader is gone is reported before the next turn, and then the message must stay.
          await setImmediate();
        },
      });
      return count !== undefined && received < count ? EXIT.partly : EXIT.ok;
    } catch (error) {
      if (!(error instanceof AddressBookError)) throw error;
      output.error(error);
      return EXIT.usage;
    } finally {
      await connection.close();
    }
  },
};
