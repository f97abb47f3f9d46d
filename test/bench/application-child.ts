import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import type { HostAndPort } from '../../sidecar/network/identity';
import { receiveBare } from './bare-client';

/** How it comes in: a broker of the bench's own on the loopback, whom it need not verify. */
export interface Login {
  readonly address: HostAndPort;
  readonly user: string;
  readonly password: string;
  /** PEM. */
  readonly key: string;
  readonly chain: string;
}
/** What the bench tells the application: where it is to read; then, each time, how many messages. */
export type ToApplication = { readonly login: Login; readonly source: string } | { readonly count: number };
/** What the application answers: that it is connected, or has read them. */
export type FromApplication = 'ready' | 'read';

const CREDIT = 500;
const TIMEOUT_MS = 10_000;

process.once('message', (first: Extract<ToApplication, { login: unknown }>) => {
  const { address, user, password, key, chain } = first.login;
  const tls = { key, chain, verify: () => undefined };
  void openAmqp({ address, user, password, tls, timeoutMs: TIMEOUT_MS }).then((connection) => {
    process.on('message', ({ count }: Extract<ToApplication, { count: unknown }>) => {
      void receiveBare(connection, first.source, { count, window: CREDIT }).then(() => tell('read'));
    });
    tell('ready');
  });
});
process.once('disconnect', () => process.exit());

function tell(what: FromApplication): void {
  process.send?.(what);
}
