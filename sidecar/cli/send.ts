import type { Command } from 'commander';
import { ConfigError } from '../config/config-error';
import { sendAll, type StoredSoFar } from '../control/messages/send-all';
import { startProgress } from '../lib/progress';
import type { Message } from '../messaging/message';
import type { CliCommand, CommandContext } from './command';
import { EXIT, type ExitCode } from './exit-codes';
import { positiveNumber, property, several, wholeNumber } from './option-values';
import { openBodies, type BodyOptions } from './send-body';
import { sendStreams } from './send-streams';
import { withMessaging } from './with-messaging';

export interface SendOptions extends BodyOptions {
  readonly to: string;
  readonly stream: boolean;
  readonly rate?: number;
  readonly property?: Record<string, string>;
  readonly topic?: string;
  readonly contentType?: string;
  readonly duplicateId?: string;
}

export const send: CliCommand<SendOptions> = {
  words: ['send'],
  summary: 'sends messages to a node, a service or this node itself',
  details: `The body comes from --body, from --file, of which there may be several, or from standard input. Done when this node's own
broker has stored all of them; it carries them on when the peer can be reached. Each is durable and has a duplicate ID of its
own. What is larger than a message may be goes with --stream, in parts; interrupted, it goes on where it was when it is sent
again with the same --duplicate-id.

Examples:
  netmap send --to "O=Party B, L=New York, C=US" --body hello --topic greetings
  netmap send --to "O=Party B, L=New York, C=US" --file order.xml --count 1000 --rate 50
  netmap send --to "O=Party B, L=New York, C=US" --lines < orders.jsonl
  netmap send --to "O=Party B, L=New York, C=US" --stream --file film.mp4 --duplicate-id film-7`,
  configure: (command: Command) =>
    command
      .requiredOption('--to <name>', 'X.500 name in any spelling, or id')
      .option('--body <text>', 'the body')
      .option('--file <path>', 'a file that holds the body; may be repeated, one message each', several)
      .option('--lines', 'each line of standard input, or of the files, is a message', false)
      .option('--stream', 'each file, or standard input, as a stream in parts, however large', false)
      .option('--count <number>', 'how many times, each of them', wholeNumber(1, 1_000_000_000), 1)
      .option('--rate <number>', 'at most so many a second', positiveNumber(1_000_000))
      .option('--topic <text>', 'what they are about')
      .option('--property <name=value>', 'an application property; may be repeated', property)
      .option('--content-type <type>', 'such as application/json')
      .option('--duplicate-id <id>', 'for one message: of two with one ID the second is dropped'),
  run(context, { options }) {
    checkTogether(options);
    if (context.stdin.isTTY === true && options.body === undefined && options.file === undefined)
      context.output.note('reading from standard input, up to Ctrl-D');
    return options.stream ? sendStreams(context, options) : sendMessages(context, options);
  },
};

async function sendMessages(context: CommandContext, options: SendOptions): Promise<ExitCode> {
  const { clock, output, progress, signal: interrupt } = context;
  const { to, rate } = options;
  const { limits } = await context.loadConfig();
  const { total, all } = await openBodies(options, context, limits.maxMessageSize);
  return withMessaging(context, async (messaging, signal) => {
    const began = clock.now();
    const shown = startProgress('sending', progress);
    let stored: StoredSoFar | undefined;
    const result = (): object => {
      const done = { sent: stored?.messages ?? 0, totalBytes: stored?.bytes ?? 0, tookMs: clock.now() - began };
      return { ...(stored === undefined ? {} : { to: stored.last.to }), ...done, ...ofEach(stored, options) };
    };
    try {
      await sendAll(messaging, {
        to,
        messages: messagesOf(all, options),
        ...(rate === undefined ? {} : { perSecond: rate }),
        clock,
        signal,
        onStored(sofar) {
          stored = sofar;
          const perSecond = (sofar.messages * 1000) / Math.max(1, clock.now() - began);
          shown.update({
            done: sofar.messages,
            unit: 'messages',
            perSecond,
            ...(total === undefined ? {} : { total }),
          });
        },
      });
      shown.end();
      output.result(result(), () => storedText(stored, total, clock.now() - began, options));
      return EXIT.ok;
    } catch (error) {
      shown.end();
      const of = total === undefined ? '' : ` of ${total}`;
      if (interrupt.aborted && output.json) output.result({ ...result(), interrupted: true }, () => '');
      else if (interrupt.aborted || stored !== undefined)
        output.note(`${stored?.messages ?? 0}${of} messages were stored before`);
      throw error;
    }
  });
}

async function* messagesOf(
  bodies: AsyncIterable<Buffer>,
  { topic, property: headers, contentType, duplicateId }: SendOptions,
): AsyncGenerator<Message & { readonly body: Buffer }, void, void> {
  for await (const body of bodies) yield { body, topic, headers, contentType, duplicateId };
}

/** All have one size where there is one body. */
function ofEach(stored: StoredSoFar | undefined, options: SendOptions): { readonly bytes?: number } {
  const isOne = !options.lines && (options.file?.length ?? 1) === 1;
  return stored === undefined || !isOne ? {} : { bytes: stored.bytes / stored.messages };
}

function storedText(
  stored: StoredSoFar | undefined,
  total: number | undefined,
  tookMs: number,
  options: SendOptions,
): string {
  if (stored === undefined) return 'no messages: there was nothing to send';
  const { messages, bytes, last } = stored;
  const each = ofEach(stored, options).bytes;
  const sizes = each === undefined ? `${bytes} bytes in all` : `${each} bytes`;
  return `${messages} of ${total ?? messages} messages of ${sizes} for ${last.to.name} stored in ${tookMs} ms`;
}

/** Throws ConfigError: a command line that means two things. */
function checkTogether({ body, file = [], lines, stream, count, rate, duplicateId }: SendOptions): void {
  const isMany = file.length > 1 || (!stream && (lines || count > 1));
  const clashes: readonly (readonly [boolean, string])[] = [
    [body !== undefined && file.length > 0, '--body and --file'],
    [body !== undefined && lines, '--body and --lines'],
    [body !== undefined && stream, '--body and --stream'],
    [stream && lines, '--stream and --lines'],
    [stream && count > 1, '--stream and --count'],
    [stream && rate !== undefined, '--stream and --rate'],
    [lines && count > 1, '--lines and --count'],
    [duplicateId !== undefined && isMany, '--duplicate-id and more than one message'],
  ];
  const clash = clashes.find(([isSo]) => isSo)?.[1];
  if (clash === undefined) return;
  throw ConfigError.because('CONFIG_INVALID', `${clash} do not go together`, 'leave one of them out');
}
