import { createRequire } from 'node:module';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run, until } from './children.mjs';

export const root = resolve(import.meta.dirname, '../../..');
const built = createRequire(join(root, 'dist/'));
const CLI = join(root, 'sidecar/bin/netmap.mjs');

export const netmap = (...args) => run(process.execPath, [CLI, ...args]);

/** `netmap run` with its embedded broker, and an application beside it. */
export class OurNode {
  received = [];

  constructor({ folder, database, id, port, ports, children }) {
    Object.assign(this, { folder, database, id, port, ports, children });
    this.config = join(folder, 'netmap.yaml');
  }

  async start() {
    const at = (port) => `{ host: 127.0.0.1, port: ${port} }`;
    const { node, rpc, rpcAdmin } = this.ports;
    const yaml = `profile: swaptacular
node: { authority: ${this.database} }
broker: { instance: ${join(this.folder, 'broker')} }
state: ${join(this.folder, 'state')}
acceptors: { p2p: ${at(this.port)}, node: ${at(node)}, rpc: ${at(rpc)}, rpcAdmin: ${at(rpcAdmin)} }
bridges: { pollMilliseconds: 200 }
`;
    await writeFile(this.config, yaml);
    this.child = this.children.start('our-node', process.execPath, [CLI, 'run', '--config', this.config]);
    await until('our node is ready', async () => (await this.status()).broker.state === 'ready', 180_000).catch(
      async (error) => {
        const log = await readFile(this.child.log, 'utf8');
        throw new Error(`${error.message}\n${log.slice(-2_000)}`);
      },
    );
    await this.openApplication();
  }

  /** It ends with 3 while something waits: what it prints counts. */
  async status() {
    const args = [CLI, 'status', '--all', '--json', '--config', this.config];
    return JSON.parse(await run('sh', ['-c', '"$@" || test $? -eq 3', 'sh', process.execPath, ...args]));
  }

  async deadLetters() {
    return JSON.parse(
      await netmap('dead-letters', 'list', '--entries', '--limit', '1000', '--json', '--config', this.config),
    );
  }

  async openApplication() {
    const { systemClock } = built('./lib/clock.js');
    const { parseConfig } = built('./config/load-config.js');
    const { readNodeMaterial } = built('./control/node-material.js');
    const { brokerAccess } = built('./control/broker-access.js');
    const { openAmqpConnection } = built('./messaging/amqp/amqp-connection.js');
    const { SYSTEM_USERS } = built('./plan/roles.js');
    this.addresses = built('./plan/address-profile.js').cordaAddresses;
    const config = parseConfig(this.config, await readFile(this.config, 'utf8'));
    const material = await readNodeMaterial(config, systemClock);
    const access = brokerAccess(material, config.management, SYSTEM_USERS.node);
    this.connection = await openAmqpConnection(access, () => undefined);
    const link = await this.connection.openSource(
      { address: this.addresses.inboundSource(this.id) },
      {
        onMessage: (wire, settle) => {
          this.received.push(wire);
          settle('accepted');
          link.addCredit(1);
        },
        onEnd: () => undefined,
      },
    );
    link.addCredit(1_000);
  }

  /** Resolves when the own broker has them all, in order. */
  async send(peer, messages) {
    let wake = () => undefined;
    const events = { onSendable: () => wake(), onEnd: () => undefined };
    const link = await this.connection.openSender(this.addresses.peerQueue(peer), events);
    const outcomes = [];
    for (const { type, body } of messages) {
      while (!link.sendable()) await new Promise((resolve_) => (wake = resolve_));
      const wire = { subject: type, contentType: 'application/json', body: Buffer.from(body), properties: {} };
      outcomes.push(new Promise((resolve_) => link.send(wire, resolve_)));
    }
    const bad = (await Promise.all(outcomes)).find((outcome) => outcome !== 'stored');
    link.close();
    if (bad !== undefined) throw bad;
  }

  async stop() {
    await this.connection?.close();
    await this.child?.stop();
  }
}
