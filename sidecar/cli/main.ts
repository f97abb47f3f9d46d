import { Command, CommanderError } from 'commander';
import { resolve } from 'node:path';
import { loadConfig } from '../config/load-config';
import { NetmapError } from '../lib/errors';
import { createLogger } from '../lib/log';
import { packageVersion } from '../lib/package-version';
import type { CliCommand, CommandContext } from './command';
import { commands as allCommands, groups } from './commands';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes';
import { createOutput, type Output } from './output';
import { processIo, type CliIo } from './process-io';

interface GlobalOptions {
  readonly config: string;
  readonly json: boolean;
  readonly color: boolean;
}

/** The command line makes no sense. */
class UsageError extends NetmapError<'USAGE'> {}

/** The user, or what runs the program, wants it to end. */
class InterruptError extends NetmapError<'INTERRUPTED'> {}

/** `netmap` with these arguments. Never throws: errors are shown, and the exit code says how it ended. */
export async function runCli(
  args: readonly string[],
  io: CliIo = processIo(),
  commands: readonly CliCommand[] = allCommands,
): Promise<ExitCode> {
  const abort = new AbortController();
  let interrupted: ExitCode | undefined;
  const release = io.onInterrupt((signal) => {
    interrupted = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
    abort.abort(new InterruptError('INTERRUPTED', `ended by ${signal}`));
  });
  // Read before the arguments are parsed, as errors in parsing must be shown in the right form too.
  const output = createOutput(io, args.includes('--json'));
  try {
    return await parse(args, io, output, abort.signal, commands);
  } catch (error) {
    if (interrupted !== undefined) return interrupted;
    output.error(error);
    return error instanceof UsageError ? EXIT.usage : exitCodeOf(error);
  } finally {
    release();
  }
}

async function parse(
  args: readonly string[],
  io: CliIo,
  output: Output,
  signal: AbortSignal,
  commands: readonly CliCommand[],
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = createProgram(io);
  for (const command of commands) {
    register(program, command, async (parsed, positional) => {
      const context = createContext(io, output, signal, program);
      exit = await command.run(context, { args: positional, options: parsed.opts() });
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return usageExit(error);
  }
  return exit;
}

/** Help and version are no errors; the rest is, and a name that is nearly right has been suggested in the message. */
function usageExit(error: CommanderError): ExitCode {
  if (error.exitCode === 0) return EXIT.ok;
  if (error.code === 'commander.help') return EXIT.usage;
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  throw new UsageError('USAGE', message, { remedy: 'see netmap --help, or netmap COMMAND --help' });
}

function createProgram(io: CliIo): Command {
  const program = new Command('netmap')
    .description('configures, proves and reconfigures a stock Apache Artemis broker from a network map')
    .version(packageVersion())
    .option('--config <file>', 'configuration of this node', 'netmap.yaml')
    .option('--json', 'results and errors as JSON, on standard output', false)
    .option('--no-color', 'no colours (as with NO_COLOR in the environment)');
  return quiet(program, io).addHelpText('after', exitCodeHelp());
}

function quiet(command: Command, io: CliIo): Command {
  return command.exitOverride().configureOutput({
    writeOut: (text) => void io.stdout.write(text),
    writeErr: (text) => void io.stderr.write(text),
    // The error is thrown as well, and shown by runCli.
    outputError: () => undefined,
  });
}

function register(
  program: Command,
  definition: CliCommand,
  run: (parsed: Command, positional: readonly (string | undefined)[]) => Promise<void>,
): void {
  const [first, second] = definition.words;
  const parent = second === undefined ? program : groupOf(program, first);
  const command = parent
    .command(second ?? first)
    .summary(definition.summary)
    .description(definition.summary);
  if (definition.details !== undefined) command.addHelpText('after', `\n${definition.details}`);
  definition.configure?.(command);
  command.action(() => run(command, command.processedArgs as (string | undefined)[]));
}

function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  return known ?? program.command(name).description(groups[name] ?? name);
}

function createContext(io: CliIo, output: Output, signal: AbortSignal, program: Command): CommandContext {
  const options = program.opts<GlobalOptions>();
  const terminal = io.stderr.isTTY === true;
  const colour = terminal && options.color && (io.environment['NO_COLOR'] ?? '') === '';
  return {
    output,
    program,
    clock: io.clock,
    progress: { stream: io.stderr, clock: io.clock },
    stdin: io.stdin,
    environment: io.environment,
    signal,
    configFile: resolve(options.config),
    loadConfig: () => loadConfig(resolve(options.config)),
    createLog(settings = { level: 'info', format: 'auto' }) {
      const format = settings.format === 'auto' ? (terminal ? 'text' : 'json') : settings.format;
      return createLogger({ level: settings.level, format, destination: io.stderr, clock: io.clock, colour });
    },
  };
}

function exitCodeHelp(): string {
  return `
Exit codes: ${EXIT.ok} done; ${EXIT.failed} failed; ${EXIT.usage} command line or configuration wrong; ${EXIT.partly} done in part, held or different;
${EXIT.unreachable} not reachable; ${EXIT.interrupted} and ${EXIT.terminated} ended by a signal.`;
}
