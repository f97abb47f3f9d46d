import { messageOf } from '../../lib/errors';
import { openVerifiedSocket, socketError } from '../amqp/verified-socket';
import { HARMLESS_OPERATION, MANAGEMENT_ADDRESS, where, type Entrance, type ProbeAction } from './entrance';
import { inTime, orAfter } from './in-time';
import { ALLOWED, refusalIn, refusalOf, refusedAt, type Outcome } from './outcome';
import { StompClient } from './stomp-client';

export type StompHeaders = Readonly<Record<string, string>>;

/**
 * Artemis' own header, bytes of credit. A subscription in debt takes nothing; one with no credit at all still gets a first
 * message, and a selector would not do, as queues on multicast addresses ignore it.
 */
const IN_DEBT = { 'consumer-window-size': '-2' } as const;

/** A STOMP connection over which accesses are tried one after the other; a refusal ends it, as STOMP has it. */
export class StompProbe {
  private client: StompClient | undefined;
  private connecting: Promise<Outcome> | undefined;
  private transactions = 0;

  constructor(private readonly entrance: Entrance) {}

  /** Connects and logs in unless that is done. Throws AccessError where there is neither a yes nor a no. */
  connect(): Promise<Outcome> {
    this.connecting ??=
      this.client === undefined ? this.open().finally(() => (this.connecting = undefined)) : undefined;
    return this.connecting ?? Promise.resolve(ALLOWED);
  }

  private async open(): Promise<Outcome> {
    const { timeoutMs, user, password } = this.entrance;
    try {
      const client = new StompClient(await openVerifiedSocket(this.entrance));
      client.on('error', () => (this.client = undefined));
      client.on('end', () => (this.client = undefined));
      const headers = {
        host: this.entrance.address.host,
        'accept-version': '1.2',
        ...(user === undefined ? {} : { login: user, passcode: password ?? '' }),
      };
      const connected = new Promise<Outcome>((resolve) => {
        client.on('error', (error: Error) => resolve(this.refusal(error)));
        client.connect(headers, (error) => {
          if (error === null) resolve(ALLOWED);
        });
      });
      this.client = client;
      const outcome = await orAfter(connected, timeoutMs, () =>
        // Where a broker does not speak STOMP it says nothing, and closes after its own long time.
        refusedAt('protocol', `no answer in STOMP within ${timeoutMs} ms`),
      );
      if (!outcome.allowed) this.drop();
      return outcome;
    } catch (error) {
      this.drop();
      return refusalOf(error);
    }
  }

  /** Tries the action at the address; nothing is sent for good, and nothing taken. Throws AccessError. */
  async attempt(action: ProbeAction, address: string): Promise<Outcome> {
    if (action === 'send') return this.sendAndAbort(address);
    // Without a length it is a text, the only kind that management reads.
    if (action === 'manage')
      return this.frame('SEND', { ...HARMLESS_OPERATION, destination: MANAGEMENT_ADDRESS }, '[]');
    const type: StompHeaders = action === 'create-queue' ? { 'subscription-type': 'MULTICAST' } : {};
    return this.subscribe({ destination: address, ...IN_DEBT, ...type });
  }

  /** Sends one message, and waits until the broker has it. Throws AccessError. */
  send(headers: StompHeaders, body: string | Buffer): Promise<Outcome> {
    return this.frame('SEND', { 'content-length': String(Buffer.byteLength(body)), ...headers }, body);
  }

  /** Subscribes for as long as the connection lasts; `onMessage` gets each message, unacknowledged unless `ack` is auto. */
  subscribe(headers: StompHeaders, onMessage?: (headers: StompHeaders, body: Buffer) => void): Promise<Outcome> {
    const id = `${(this.transactions += 1)}`;
    return this.frame('SUBSCRIBE', { id, ack: 'client-individual', ...headers }, undefined, (client) =>
      client.setImplicitSubscription(id as unknown as number, 'client-individual', (error, message) => {
        if (error !== null || onMessage === undefined) return;
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('end', () =>
          onMessage((message as unknown as { headers: StompHeaders }).headers, Buffer.concat(chunks)),
        );
      }),
    );
  }

  close(): void {
    this.drop();
  }

  private async sendAndAbort(destination: string): Promise<Outcome> {
    const transaction = `t${(this.transactions += 1)}`;
    const begun = await this.frame('BEGIN', { transaction });
    if (!begun.allowed) return begun;
    const sent = await this.frame('SEND', { destination, transaction, 'content-length': '0' });
    if (!sent.allowed) return sent;
    const aborted = await this.frame('ABORT', { transaction });
    return aborted.allowed ? sent : aborted;
  }

  private async frame(
    command: string,
    headers: StompHeaders,
    body?: string | Buffer,
    prepare?: (client: StompClient) => unknown,
  ): Promise<Outcome> {
    const connected = await this.connect();
    const { client } = this;
    if (!connected.allowed || client === undefined) return connected;
    prepare?.(client);
    const answered = new Promise<Outcome>((resolve) => {
      const onReceipt = (): void => resolve(ALLOWED);
      const onError = (error: Error): void => resolve(this.refusal(error));
      const frame = client.sendFrame(command, { ...headers }, { onReceipt, onError });
      frame.end(body ?? '');
    });
    return inTime(answered, this.entrance.timeoutMs, `${where(this.entrance)} about ${command}`).catch(
      (error: unknown) => {
        this.drop();
        throw error;
      },
    );
  }

  /** The broker's words come in an ERROR frame; without one it only closed, as it does where it speaks no STOMP. */
  private refusal(error: Error): Outcome {
    const words = messageOf(error);
    if (/alert|certificate/i.test(words)) return refusalOf(socketError(error, where(this.entrance)));
    return refusalIn(words) ?? refusedAt('protocol', words);
  }

  private drop(): void {
    const { client } = this;
    this.client = undefined;
    client?.destroy(new Error('given up'));
  }
}
