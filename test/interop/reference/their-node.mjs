import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, until } from './children.mjs';

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** RabbitMQ with its data in one folder and its ports on 127.0.0.1 alone; nothing of the system's own is touched. */
export class Rabbit {
  constructor({ folder, ports, children }) {
    Object.assign(this, { folder, ports, children });
    this.url = `amqp://guest:guest@127.0.0.1:${ports.amqp}`;
  }

  async start() {
    const at = (name) => join(this.folder, name);
    await mkdir(this.folder, { recursive: true });
    await writeFile(at('.erlang.cookie'), 'netmap-interop');
    await chmod(at('.erlang.cookie'), 0o400);
    await writeFile(at('enabled_plugins'), '[rabbitmq_random_exchange].\n');
    await writeFile(at('rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${this.ports.amqp}\n`);
    const env = {
      ...process.env,
      HOME: this.folder,
      ERL_EPMD_PORT: String(this.ports.epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: 'netmap-interop@localhost',
      RABBITMQ_DIST_PORT: String(this.ports.dist),
      RABBITMQ_MNESIA_BASE: at('data'),
      RABBITMQ_LOG_BASE: at('logs'),
      RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: at('advanced.config'),
      RABBITMQ_CONF_ENV_FILE: at('rabbitmq-env.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_PID_FILE: at('pid'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    };
    const epmd = ['-address', '127.0.0.1', '-port', String(this.ports.epmd)];
    this.children.start('epmd', 'epmd', epmd, { env });
    this.child = this.children.start('rabbitmq', SERVER, [], { env, restart: true });
  }
}

/** A node that runs the reference implementation: its server, and its client under a supervisor, both unchanged. */
export class TheirNode {
  constructor({ checkout, python, database, port, rabbit, children, kind, us }) {
    Object.assign(this, { checkout, python, database, port, rabbit, children, us });
    const out = { aa: 'to_creditors', ca: 'creditors_out' }[kind];
    this.exchanges = { in: { aa: 'accounts_in', ca: 'creditors_in' }[kind], out };
  }

  environment(port) {
    return {
      ...process.env,
      PYTHONPATH: this.checkout,
      SWPT_NODEDATA_URL: `file://${this.database}`,
      SWPT_SERVER_CERT: join(this.database, 'server.crt'),
      SWPT_SERVER_KEY: join(this.database, 'server.key'),
      SWPT_SERVER_PORT: String(port),
      PROTOCOL_BROKER_URL: this.rabbit.url,
      // Its own settings: how often it looks at its database while it runs.
      APP_PEERS_CHECK_SECONDS: '2',
      APP_PEERS_CACHE_SECONDS: '1',
    };
  }

  tool(command, names, options) {
    const script = join(import.meta.dirname, 'rabbit.py');
    return run(this.python, [script, command, this.rabbit.url, ...names], options);
  }

  async start() {
    const env = this.environment(this.port);
    await until('RabbitMQ takes connections', () =>
      this.tool('declare', [this.exchanges.in, 'applications']).then(() => true),
    );
    // What an operator of the reference implementation runs for each peer.
    await run(this.python, ['-m', 'swpt_stomp.configure_queue', this.us, 'to-peer'], { env, cwd: this.checkout });
    this.startServer(this.port);
    const client = ['-m', 'swpt_stomp.client', this.us, 'to-peer'];
    this.client = this.children.start('swpt-client', this.python, client, { env, cwd: this.checkout, restart: true });
  }

  startServer(port) {
    const options = { env: this.environment(port), cwd: this.checkout, restart: true };
    this.server = this.children.start('swpt-server', this.python, ['-m', 'swpt_stomp.server'], options);
  }

  depth = async (queue) => Number(await this.tool('depth', [queue]));

  /** What its applications find, and take. */
  async drain() {
    const lines = (await this.tool('drain', ['applications'])).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  /** As its applications send: to the exchange, which finds the queue by the routing key. */
  publish(messages) {
    const lines = messages.map(({ type, body, key }) => JSON.stringify({ type, body, key }));
    return this.tool('publish', [this.exchanges.out], { input: lines.join('\n') });
  }
}
