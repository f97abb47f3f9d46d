import type { Socket } from 'node:net';
import {
  create_container,
  type Connection,
  type Delivery,
  type EventContext,
  type Message,
  type Sender,
  type Source,
} from 'rhea';
import type { HostAndPort } from '../network/identity';
import { messageOf } from '../lib/errors';
import type { ManagementTls } from './management';
import { ManagementError } from './management-error';
import { openSocket } from './management-socket';

export interface LinkOptions {
  readonly address: HostAndPort;
  readonly user: string;
  readonly password: string;
  readonly tls?: ManagementTls;
}

export interface LinkRequest {
  readonly id: string;
  /** Application properties that name the resource and the operation or attribute. */
  readonly target: Readonly<Record<string, string>>;
  readonly parameters: readonly unknown[];
}

/** What happens on the link; nothing more after `closed`, which comes once in every case. */
export interface LinkEvents {
  opened(): void;
  /** More requests may be sent. */
  sendable(): void;
  answered(id: string, succeeded: boolean, body: unknown): void;
  /** The broker did not take the request at all. */
  rejected(id: string, error: Error): void;
  closed(error: ManagementError): void;
}

/** One AMQP connection to the broker's management address, from opening to closing. */
export interface Link {
  sendable(): boolean;
  /** Only after `opened`, and while `sendable`. */
  send(request: LinkRequest): void;
  /** Closes in order; `closed` follows. */
  close(): void;
  /** Cuts the connection; `closed` follows, with `error`. */
  abort(error: ManagementError): void;
}

export type OpenLink = (options: LinkOptions, events: LinkEvents) => Link;

const MANAGEMENT_ADDRESS = 'activemq.management';
/** The broker must show that it lives at least this often, milliseconds. */
const IDLE_TIME = 15_000;

export const openManagementLink: OpenLink = (options, events) => new AmqpLink(options, events);

class AmqpLink implements Link {
  private readonly connection: Connection;
  private readonly sent = new Map<Delivery, string>();
  private socket: Socket | undefined;
  private sender: Sender | undefined;
  private replyAddress = '';
  private ended = false;
  private failure: ManagementError | undefined;

  constructor(
    private readonly options: LinkOptions,
    private readonly events: LinkEvents,
  ) {
    const { address, user, password, tls } = options;
    this.connection = create_container().create_connection({
      ...address,
      username: user,
      password,
      reconnect: false,
      idle_time_out: IDLE_TIME,
      connection_details: () => ({
        ...address,
        connect: (_port: number, _host: string, _options: unknown, ready: () => void): Socket => {
          this.socket = openSocket(address, tls, ready);
          this.socket.once('close', () => this.end());
          return this.socket;
        },
      }),
    });
    this.listen();
    try {
      this.connection.connect();
    } catch (error) {
      // A key or certificate that cannot be read; told later, as every other failure.
      process.nextTick(() => this.abort(unusable(error)));
    }
  }

  sendable(): boolean {
    return this.sender?.sendable() ?? false;
  }

  send(request: LinkRequest): void {
    const delivery = this.sender?.send({
      correlation_id: request.id,
      reply_to: this.replyAddress,
      application_properties: { ...request.target },
      body: JSON.stringify(request.parameters),
    });
    if (delivery !== undefined) this.sent.set(delivery, request.id);
  }

  close(): void {
    if (this.connection.is_open()) this.connection.close();
    else this.socket?.destroy();
  }

  abort(error: ManagementError): void {
    this.failure ??= error;
    // With an error, so that the AMQP library hears of it and stops its timers.
    this.socket?.destroy(error);
    this.end();
  }

  private listen(): void {
    const { connection, events } = this;
    connection.once('connection_open', () => {
      connection.open_receiver({ source: { dynamic: true } as Source, credit_window: 1000 });
    });
    connection.once('receiver_open', (context: EventContext) => {
      this.replyAddress = context.receiver?.source.address ?? '';
      this.sender = connection.open_sender(MANAGEMENT_ADDRESS);
    });
    connection.once('sender_open', () => events.opened());
    connection.on('sendable', () => events.sendable());
    connection.on('message', (context: EventContext) => this.answer(context.message));
    connection.on('rejected', (context: EventContext) => this.outcome(context, true));
    connection.on('released', (context: EventContext) => this.outcome(context, true));
    connection.on('accepted', (context: EventContext) => this.outcome(context, false));
    const fail = (error: unknown): void => this.abort(this.explain(error));
    connection.on('receiver_error', (context: EventContext) => fail(context.receiver?.error));
    connection.on('sender_error', (context: EventContext) => fail(context.sender?.error));
    connection.on('connection_error', (context: EventContext) => fail(context.error ?? connection.error));
    connection.on('protocol_error', fail);
    connection.on('error', fail);
    connection.on('connection_close', () => this.socket?.end());
    connection.on('disconnected', (context: EventContext) => fail(context.error));
  }

  private answer(message: Message | undefined): void {
    const id: unknown = message?.correlation_id;
    if (message === undefined || typeof id !== 'string') return;
    this.events.answered(id, message.application_properties?.['_AMQ_OperationSucceeded'] === true, message.body);
  }

  private outcome(context: EventContext, refused: boolean): void {
    const { delivery } = context;
    const id = delivery === undefined ? undefined : this.sent.get(delivery);
    if (delivery === undefined || id === undefined) return;
    this.sent.delete(delivery);
    if (refused) {
      const state = delivery.remote_state as { error?: unknown } | undefined;
      this.events.rejected(id, this.explain(state?.error));
    }
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.events.closed(this.failure ?? this.explain(undefined));
  }

  /** What the AMQP library, the socket or the broker says, as an error with a stable code. */
  private explain(error: unknown): ManagementError {
    if (error instanceof ManagementError) return error;
    const { host, port } = this.options.address;
    const { condition, description } = (error ?? {}) as { condition?: unknown; description?: unknown };
    const words =
      typeof description === 'string' ? description : error === undefined ? 'it was closed' : messageOf(error);
    if (condition === 'amqp:unauthorized-access' || /not authorized|does not have permission|alert/i.test(words)) {
      return new ManagementError(
        'MANAGEMENT_NOT_ALLOWED',
        `The broker at ${host}:${port} refuses management: ${words}`,
        {
          remedy: `Check the password, the certificate and the permissions of the user "${this.options.user}"`,
          cause: error,
        },
      );
    }
    return new ManagementError('MANAGEMENT_UNREACHABLE', `No management connection to ${host}:${port}: ${words}`, {
      remedy: 'Check that the broker runs and that the address is its management acceptor',
      cause: error,
    });
  }
}

function unusable(error: unknown): ManagementError {
  return new ManagementError(
    'MANAGEMENT_NOT_ALLOWED',
    `The key or the certificates for management cannot be used: ${messageOf(error)}`,
    {
      remedy: 'Give the key (PKCS#8), its certificate chain and the certificate of the broker, each as PEM',
      cause: error,
    },
  );
}
