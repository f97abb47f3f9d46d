import { ConfigError } from '../config/config-error';
import { UserError } from '../config/edit-rpc-users';
import { RolloverError } from '../control/certificates/rollover/rollover-error';
import { NetmapError } from '../lib/errors';
import { MessagingError, type MessagingErrorCode } from '../messaging/messaging-error';

/** What `netmap` ends with; scripts may rely on it. */
export const EXIT = {
  /** All done, nothing to report. */
  ok: 0,
  /** Tried and failed; the error says why. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
  /** Done in part: something is parked, held back for an operator, or differs from what it should be. */
  partly: 3,
  /** The broker, a peer or the map could not be reached; trying again later may help. */
  unreachable: 4,
  /** Ended by SIGINT, as a shell reports it. */
  interrupted: 130,
  /** Ended by SIGTERM, as a shell reports it. */
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What the user named or gave is not what can be sent or read; nothing was tried. */
const NOT_MEANT: readonly MessagingErrorCode[] = [
  'RECIPIENT_UNKNOWN',
  'MESSAGE_INVALID',
  'MESSAGE_TOO_LARGE',
  'RECEIVE_INVALID',
];

/** The exit code for an error that a command let through. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConfigError || error instanceof UserError) return EXIT.usage;
  if (error instanceof RolloverError && error.code === 'ROLLOVER_ARGUMENT') return EXIT.usage;
  if (error instanceof MessagingError && NOT_MEANT.includes(error.code)) return EXIT.usage;
  if (error instanceof NetmapError && /_UNREACHABLE$/.test(String(error.code))) return EXIT.unreachable;
  return EXIT.failed;
}
