import type { AddressInfo, Server, Socket } from 'node:net';
import { create_container, type Connection, type EventContext, type Message, type Receiver } from 'rhea';
import { chainPem, type Credential } from '../../../sidecar/dev-network/credential';

/** What the library does not declare of itself. */
interface Mechanisms {
  enable_plain(accepts: (user: string, password: string) => boolean): void;
}

export interface FakeBrokerOptions {
  readonly port: number;
  readonly credential: Credential;
  /** Whether user and password are accepted; they are unless told otherwise. */
  readonly letsIn?: boolean;
  /** Answer to a link to this address: given credit unless told otherwise; `wait`: none is given. */
  readonly link?: 'grant' | 'refuse' | 'wait';
  /** Of the management operations; by their names, or those of attributes. A missing one is refused for want of permission. */
  readonly answers?: Readonly<Record<string, string | number>>;
  /** Takes questions and never answers them. */
  readonly isSilent?: boolean;
  /** Whether it ends the TLS handshake with an alert. */
  readonly alerts?: boolean;
}

/** What the doctor sees of a broker: TLS, login, links, answers of management. */
export class FakeBroker {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
    });
  }

  static async listen(options: FakeBrokerOptions): Promise<FakeBroker> {
    const { port, credential, letsIn = true, link = 'grant', alerts = false } = options;
    const container = create_container();
    (container.sasl_server_mechanisms as Mechanisms).enable_plain(() => letsIn);
    for (const event of ['disconnected', 'connection_error', 'error', 'protocol_error'])
      container.on(event, () => undefined);
    container.on('sender_open', ({ sender }: EventContext) => sender?.set_source({ address: 'replies' }));
    container.on('receiver_open', ({ receiver }: EventContext) => {
      if (receiver !== undefined) openLink(receiver, link);
    });
    container.on('message', ({ connection, message }: EventContext) => {
      if (message !== undefined) answer(connection, message, options);
    });
    const server = container.listen({
      ...{ port, host: '127.0.0.1', transport: 'tls', receiver_options: { credit_window: 0 } },
      key: credential.privateKey,
      cert: chainPem(credential.chain),
      ...{ requestCert: true, rejectUnauthorized: false },
      // A cipher that does not go with the key of its certificate.
      ...(alerts ? { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } : {}),
    }) as Server;
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
    return new FakeBroker(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function openLink(receiver: Receiver, link: FakeBrokerOptions['link']): void {
  if (link === 'refuse') {
    receiver.close({ condition: 'amqp:unauthorized-access', description: 'not you' });
    return;
  }
  receiver.set_target({ address: receiver.target.address });
  if (link !== 'wait') receiver.add_credit(100);
}

function answer(connection: Connection, message: Message, { answers = {}, isSilent = false }: FakeBrokerOptions): void {
  if (isSilent) return;
  const asked = message.application_properties as Readonly<Record<string, string | undefined>> | undefined;
  const name = asked?.['_AMQ_OperationName'] ?? asked?.['_AMQ_Attribute'] ?? '';
  const found = answers[name];
  const words = "AMQ229213: User: SystemUsers/Node does not have permission='MANAGE'";
  connection
    .find_sender(() => true)
    ?.send({
      correlation_id: message.correlation_id,
      application_properties: { _AMQ_OperationSucceeded: found !== undefined },
      body: JSON.stringify([found ?? words]),
    });
}
