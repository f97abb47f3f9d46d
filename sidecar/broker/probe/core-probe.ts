import { systemClock } from '../../lib/clock';
import { openVerifiedSocket, socketError } from '../amqp/verified-socket';
import { where, type Entrance } from './entrance';
import { ALLOWED, refusalOf, refusedAt, type Outcome } from './outcome';

/** Client greeting and a ping: packet type 10 on channel 0, with the time to live of the connection. */
const GREETING = Buffer.from('ARTEMIS');
const PING = Buffer.alloc(21);
PING.writeInt32BE(17, 0);
PING.writeUInt8(10, 4);
PING.writeBigInt64BE(60_000n, 13);

/** Whether the acceptor answers in CORE; nobody logs in. Throws AccessError where it cannot be reached. */
export async function attemptCore(entrance: Entrance): Promise<Outcome> {
  const { timeoutMs } = entrance;
  try {
    const socket = await openVerifiedSocket(entrance);
    return await new Promise<Outcome>((resolve, reject) => {
      const settle = (outcome: Outcome): void => {
        cancel();
        socket.destroy();
        resolve(outcome);
      };
      const cancel = systemClock.after(timeoutMs, () => settle(refusedAt('protocol', `no answer in ${timeoutMs} ms`)));
      socket.once('data', () => settle(ALLOWED));
      socket.once('close', () => settle(refusedAt('protocol', 'it closed the connection')));
      socket.on('error', (error) => {
        cancel();
        reject(socketError(error, where(entrance)));
      });
      socket.write(Buffer.concat([GREETING, PING]));
    });
  } catch (error) {
    return refusalOf(error);
  }
}
