import type { Command } from 'commander';
import { checkUserEdit, checkUserName, type UserEdit } from '../config/edit-rpc-users';
import { hashPassword } from '../config/password-hash';
import { RpcUsersFile } from '../control/rpc-users-file';
import type { CliCommand, CommandContext } from './command';
import { EXIT, type ExitCode } from './exit-codes';
import { readPassword } from './read-password';

interface PasswordOptions {
  readonly passwordFile?: string;
}

const LIVE = 'A netmap run that is at work takes the change within seconds.';
const WHENCE = `The password is asked for, or is the one line of standard input, or comes from --password-file; it cannot be given on
the command line, where others on the machine could read it. The file of users keeps a hash of it.`;

export const userAdd = passwordCommand('add', 'lets a new RPC user in', 'added');
export const userPasswd = passwordCommand(
  'passwd',
  'gives an RPC user another password; what he has open with the old one is closed',
  'has another password',
);

export const userRemove: CliCommand = {
  words: ['user', 'remove'],
  summary: 'lets an RPC user in no longer; what he has open is closed',
  details: `${LIVE}\nExample: netmap user remove alice`,
  configure: (command) => command.argument('<name>', "the user's name"),
  async run(context, { args: [name = ''] }) {
    return reported(context, { kind: 'remove', name }, 'removed');
  },
};

export const userList: CliCommand = {
  words: ['user', 'list'],
  summary: 'lists the RPC users',
  details: 'Example: netmap user list',
  async run({ loadConfig, output }) {
    const file = RpcUsersFile.of(await loadConfig());
    const names = (await file.users()).map(({ name }) => name);
    output.result({ file: file.file, users: names.map((name) => ({ name })) }, () =>
      names.length === 0 ? 'no RPC users' : names.join('\n'),
    );
    return EXIT.ok;
  },
};

function passwordCommand(kind: 'add' | 'passwd', summary: string, done: string): CliCommand<PasswordOptions> {
  return {
    words: ['user', kind],
    summary,
    details: `${WHENCE} ${LIVE}\nExample: netmap user ${kind} alice`,
    configure: (command: Command) =>
      command
        .argument('<name>', "the user's name: letters, digits and _ - ~ @")
        .option('--password-file <path>', 'a file that holds the password, and that others cannot read'),
    async run(context, { args: [name = ''], options: { passwordFile } }) {
      // What can be said before a password is asked for is said before.
      checkUserName(name);
      const file = RpcUsersFile.of(await context.loadConfig());
      const isThere = (await file.users()).some((user) => user.name === name);
      checkUserEdit(kind, name, isThere);
      const password = await readPassword({
        ...(passwordFile === undefined ? {} : { file: passwordFile }),
        stdin: context.stdin,
        prompt: context.progress.stream,
        signal: context.signal,
      });
      return reported(context, { kind, name, passwordHash: await hashPassword(password) }, done);
    },
  };
}

async function reported({ loadConfig, output }: CommandContext, edit: UserEdit, done: string): Promise<ExitCode> {
  const file = RpcUsersFile.of(await loadConfig());
  await file.edit(edit);
  output.result({ user: edit.name, outcome: edit.kind, file: file.file }, () => `${edit.name}: ${done}`);
  return EXIT.ok;
}
