import { Option } from 'commander';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MessageFiles, type WrittenMessage } from '../control/messages/message-files';
import { receiveAll } from '../control/messages/receive-all';
import { messageOf } from '../lib/errors';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { positiveNumber, wholeNumber } from './option-values';
import { detailsJson, namedMessage, receivedJson, receivedText, writtenText } from './received-text';
import { withMessaging } from './with-messaging';

interface ReceiveOptions {
  readonly count?: number;
  readonly timeout?: number;
  readonly as?: string;
  readonly from?: string;
  readonly topic?: string;
  readonly out?: string;
  readonly streamFolder?: string;
  readonly reject?: string;
}

export const receive: CliCommand<ReceiveOptions> = {
  words: ['receive'],
  summary: 'reads the messages that came in for this node, each with its true sender',
  details: `Each is taken out of the queue when it has been shown, or with --out when its files are on the disk: its body in a file
of its own, and beside it, in JSON, what is known of it. Large messages that come as streams are read with --out alone.
Reads until it is interrupted unless --count or --timeout is given; exit code 3 when fewer than --count have come.

Examples:
  netmap receive --count 1 --timeout 10
  netmap receive --from "O=Party B, L=New York, C=US" --topic orders --json
  netmap receive --out ./inbox
  netmap receive --topic orders --count 1 --reject "no such article"`,
  configure(command) {
    return command
      .option('--count <number>', 'end after so many', wholeNumber(1, 1_000_000_000))
      .option('--timeout <seconds>', 'end when none has come for so long', positiveNumber(86_400))
      .option('--from <name>', 'of this sender alone: X.500 name in any spelling, or id')
      .option('--topic <text>', 'of this topic alone')
      .option('--as <name>', 'X.500 name or id of another of the own identities, such as a service')
      .option('--out <folder>', 'writes each into this folder, streams as well')
      .option('--stream-folder <folder>', 'where streams are put together; the folder streams in the state of the node')
      .addOption(new Option('--reject <reason>', 'puts each into the dead letters, with this reason').conflicts('out'));
  },
  async run(context, { options }) {
    const { output, clock } = context;
    const { count, timeout, as, from, topic, out, reject } = options;
    const { state } = await context.loadConfig();
    const files = out === undefined ? undefined : await MessageFiles.open(out);
    // A pipe whose reader is gone is reported before the next turn, and then the message must stay.
    const written = async (done: WrittenMessage): Promise<void> => {
      output.result({ ...done.metadata, file: done.file }, () => writtenText(done));
      await setImmediate();
    };
    const received = await withMessaging(context, (messaging, signal) =>
      receiveAll(messaging, {
        as: as ?? messaging.me.id,
        ...(from === undefined ? {} : { from }),
        ...(topic === undefined ? {} : { topic }),
        ...(count === undefined ? {} : { count }),
        ...(timeout === undefined ? {} : { quietMs: timeout * 1000 }),
        clock,
        signal,
        async onMessage(message) {
          if (files !== undefined) {
            await written(await files.message(message));
            return;
          }
          const named = namedMessage(message);
          output.result({ ...receivedJson(named), ...detailsJson(message) }, () => receivedText(named));
          await setImmediate();
          if (reject !== undefined) await message.reject(reject);
        },
        ...(files === undefined
          ? {}
          : {
              streams: {
                folder: options.streamFolder ?? join(state, 'streams'),
                onStream: async (stream) => written(await files.stream(stream)),
                onTrouble: (error) => output.note(`${messageOf(error)}; it is tried again`),
              },
            }),
      }),
    );
    return count !== undefined && received < count ? EXIT.partly : EXIT.ok;
  },
};
