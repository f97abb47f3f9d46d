import type { Socket } from 'node:net';
import { Connection } from 'rhea-promise';
import { messageOf } from '../../lib/errors';
import { AccessError } from './access-error';
import { openVerifiedSocket, socketError, type SocketOptions } from './verified-socket';

export interface AmqpOptions extends SocketOptions {
  /** Absent: SASL ANONYMOUS. */
  readonly user?: string;
  readonly password?: string;
}

/** The other side must show that it lives at least this often, milliseconds. */
const IDLE_TIME = 15_000;

/** An open AMQP connection to a verified other side, logged in; it does not reconnect. Throws AccessError. */
export async function openAmqp(options: AmqpOptions): Promise<Connection> {
  const { address, user, password, timeoutMs } = options;
  const where = `${address.host}:${address.port}`;
  const socket = await openVerifiedSocket(options);
  const connection = new Connection({
    host: address.host,
    port: address.port,
    ...(user === undefined ? {} : { username: user, password: password ?? '' }),
    reconnect: false,
    idle_time_out: IDLE_TIME,
    operationTimeoutInSeconds: timeoutMs / 1000,
    connection_details: () => ({ ...address, options: {}, connect: handOver(socket) }),
  });
  let failure: unknown;
  socket.once('error', (error) => (failure = error));
  try {
    await connection.open();
    return connection;
  } catch (error) {
    // Only an error or the other side's end tells the library, whose timers would go on otherwise.
    socket.destroy(new Error('the connection is given up'));
    // After a refused login the library still writes to the socket that it has ended: that failure says less.
    throw openError(isLoginRefusal(error) ? error : (failure ?? error), where, user);
  }
}

const LOGIN = /sasl|authenticat|unauthorized/i;

type Connect = (port: number, host: string, options: unknown, ready: () => void) => Socket;

function handOver(socket: Socket): Connect {
  return (_port, _host, _options, ready) => {
    process.nextTick(ready);
    return socket;
  };
}

function isLoginRefusal(error: unknown): boolean {
  const { condition } = (error ?? {}) as { condition?: string };
  return LOGIN.test(`${condition ?? ''} ${messageOf(error)}`);
}

function openError(error: unknown, where: string, user: string | undefined): AccessError {
  const words = messageOf(error);
  if (isLoginRefusal(error)) {
    return new AccessError('ACCESS_LOGIN', `${where} does not let ${user ?? 'a client without a name'} in: ${words}`, {
      remedy: 'check the user name, the password and that the certificate is on the map that the other side has',
      cause: error,
    });
  }
  if (/due to operation timeout/.test(words)) {
    return new AccessError('ACCESS_TIMEOUT', `${where} did not open the connection in time`, {
      decision: 'retry',
      cause: error,
    });
  }
  return socketError(error, where);
}

/** What the other side says when it refuses a link, as AccessError. */
export function linkError(error: unknown, where: string, address: string): AccessError {
  if (error instanceof AccessError) return error;
  const { condition, description, name } = (error ?? {}) as { condition?: string; description?: string; name?: string };
  if (name === 'OperationTimeoutError') {
    return new AccessError('ACCESS_TIMEOUT', `${where} did not answer about ${address} in time`, {
      decision: 'retry',
      cause: error,
    });
  }
  if (condition !== undefined) {
    return new AccessError(
      'ACCESS_REFUSED',
      `${where} refuses ${address}: ${condition} ${description ?? messageOf(error)}`,
      {
        remedy: 'ask the other side whether this node is on its map and may send there',
        cause: error,
      },
    );
  }
  return socketError(error, where);
}
