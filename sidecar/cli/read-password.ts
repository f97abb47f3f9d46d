import { readSecret } from '../config/read-secret';
import { UserError } from '../config/edit-rpc-users';
import { untilAborted } from '../control/messages/until-aborted';
import type { CliIo } from './process-io';

/** A terminal that can be told to show nothing of what is typed; a pipe has none of that. */
type Input = CliIo['stdin'] & { setRawMode?: (raw: boolean) => unknown };

export interface PasswordInput {
  readonly file?: string;
  readonly stdin: Input;
  /** Where a person is asked. */
  readonly prompt: { write(text: string): unknown };
  readonly signal: AbortSignal;
  /** Typed once: for one that is checked against something; otherwise twice, as nobody sees what is typed. */
  readonly once?: boolean;
}

const MOST_CHARACTERS = 1000;
const MOST_BYTES = 8192;

/**
 * A password from a file, from standard input (one line), or typed twice (or once) at a terminal, where nothing of it is
 * shown.
 * @throws UserError PASSWORD_INVALID, ConfigError SECRET_MISSING, SECRET_UNREADABLE or SECRET_FILE_MODE; the signal's
 * reason
 */
export async function readPassword({ file, stdin, prompt, signal, once = false }: PasswordInput): Promise<string> {
  if (file !== undefined) return checked((await readSecret({ file })).reveal());
  if (stdin.isTTY !== true) return checked((await readAll(untilAborted(stdin, signal))).replace(/\r?\n$/, ''));
  const prompts = once ? ['password: '] : ['password: ', 'once more: '];
  const [first, second] = await readHidden(stdin, prompt, prompts, signal);
  if (!once && first !== second) throw invalid('the two passwords differ');
  return checked(first ?? '');
}

function checked(password: string): string {
  if (password === '') throw invalid('the password is empty');
  if (password.length > MOST_CHARACTERS) throw invalid(`the password has more than ${MOST_CHARACTERS} characters`);
  if (/\p{Cc}/u.test(password)) throw invalid('the password has a line end or another control character');
  return password;
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw invalid('standard input has more than a password');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A line for each prompt. */
async function readHidden(
  stdin: Input,
  prompt: PasswordInput['prompt'],
  prompts: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  let line = '';
  stdin.setRawMode?.(true);
  try {
    prompt.write(prompts[0] ?? '');
    for await (const chunk of untilAborted(stdin, signal)) {
      for (const key of decoder.decode(chunk, { stream: true })) {
        // In raw mode the terminal makes no signal of Ctrl-C.
        if (key === '\u0003') throw invalid('given up');
        else if (key === '\u007f' || key === '\b') line = line.replace(/.$/su, '');
        else if (key !== '\r' && key !== '\n' && key !== '\u0004') line += key;
        else {
          prompt.write('\n');
          lines.push(line);
          line = '';
          if (lines.length === prompts.length) return lines;
          prompt.write(prompts[lines.length] ?? '');
        }
      }
    }
    throw invalid('standard input has ended');
  } finally {
    stdin.setRawMode?.(false);
  }
}

function invalid(what: string): UserError {
  return new UserError('PASSWORD_INVALID', `no password was taken: ${what}`, { remedy: 'give it again' });
}
