import { Option } from 'commander';
import { AddressBookError } from '../messaging/address-book-error';
import { openNode } from '../control/node-client/open-node';
import { sendMessages } from '../control/node-client/send-messages';
import { startProgress } from '../lib/progress';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { positiveNumber, property, wholeNumber } from './option-values';
import { readBody, type BodyOptions } from './send-body';

interface SendOptions extends BodyOptions {
  readonly to: string;
  readonly count: number;
  readonly rate?: number;
  readonly property?: Record<string, string>;
  readonly topic?: string;
}

/** Corda's name for what a message is about. */
const TOPIC = 'platform-topic';

export const send: CliCommand<SendOptions> = {
  words: ['send'],
  summary: 'sends messages to a node, a service or this node itself',
  details: `The body comes from --body, --file or standard input. Done when this node's own broker has stored all of them;
it carries them on when the peer can be reached. Each is durable and has a duplicate ID of its own.

Examples:
  netmap send --to "O=Party B, L=New York, C=US" --body hello
  netmap send --to "O=Party B, L=New York, C=US" --file order.xml --count 1000 --rate 50`,
  configure(command) {
    return command
      .requiredOption('--to <name>', 'X.500 name in any spelling, or id')
      .option('--body <text>', 'the body')
      .addOption(new Option('--file <path>', 'a file that holds the body').conflicts('body'))
      .option('--count <number>', 'how many times', wholeNumber(1, 1_000_000_000), 1)
      .option('--rate <number>', 'at most so many a second', positiveNumber(1_000_000))
      .option('--property <name=value>', 'an application property; may be repeated', property)
      .option('--topic <text>', `the application property ${TOPIC}`);
  },
  async run({ loadConfig, output, clock, progress, signal, stdin }, { options }) {
    const { to, count, rate, topic } = options;
    const config = await loadConfig();
    if (options.body === undefined && options.file === undefined && stdin.isTTY === true)
      output.note('reading the body from standard input, up to Ctrl-D');
    const body = await readBody(options, stdin, config.limits.maxMessageSize);
    const { connection, directory } = await openNode(config, clock);
    const began = clock.now();
    const shown = startProgress('sending', progress);
    let stored = 0;
    try {
      const addressee = await directory.find(to);
      await sendMessages(connection, {
        address: addressee.address,
        count,
        letter: { body, properties: { ...options.property, ...(topic === undefined ? {} : { [TOPIC]: topic }) } },
        ...(rate === undefined ? {} : { perSecond: rate }),
        clock,
        signal,
        onStored: (done) => shown.update({ done: (stored = done), total: count, unit: 'messages' }),
      });
      shown.end();
      const result = { to: { id: addressee.id, name: addressee.name.toCorda() }, sent: count, bytes: body.length };
      output.result({ ...result, tookMs: clock.now() - began }, ({ to: { name }, tookMs }) => {
        return `${count} of ${count} messages of ${body.length} bytes for ${name} stored in ${tookMs} ms`;
      });
      return EXIT.ok;
    } catch (error) {
      shown.end();
      if (stored > 0) output.note(`${stored} of ${count} messages were stored before`);
      if (!(error instanceof AddressBookError)) throw error;
      output.error(error);
      return EXIT.usage;
    } finally {
      await connection.close();
    }
  },
};
