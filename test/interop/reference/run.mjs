#!/usr/bin/env node
// The interop proof: a node of ours and one that runs the reference implementation, unchanged, as peers.
//
//   npm ci && npm run build
//   node test/interop/reference/run.mjs SWPT_STOMP SWPT_CA_SCRIPTS [--count 10000] [--keep]
//
// SWPT_STOMP and SWPT_CA_SCRIPTS are checkouts of the reference implementation (github.com/swaptacular). Needs Python 3.9 or
// later with venv, RabbitMQ (apt-get install rabbitmq-server; it need not run), openssl, zip, unzip, envsubst, hexdump, and what
// `netmap run` needs. Everything else is made in a temporary folder: the Python packages, RabbitMQ with its data, on ports of
// its own at 127.0.0.1, the databases. All that is started here ends with it; --keep leaves the folder with all logs.
//
// Two networks, one after the other: we are the accounting authority and all was made by `netmap ca`; we are the creditors
// agent and all was made by the reference implementation's scripts. In both the authority has allotted the agent other IDs
// than it calls its own. Ends with 0 when everything was as it should be, and says what was not.

import { createServer } from 'node:net';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Children, run, until, wait } from './children.mjs';
import { makePeers, NetmapDatabase, sayServers, ScriptsDatabase } from './databases.mjs';
import { judge, message, messages } from './messages.mjs';
import { netmap, OurNode } from './our-node.mjs';
import { Rabbit, TheirNode } from './their-node.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '10000' }, keep: { type: 'boolean', default: false } },
});
const [stomp, scripts] = positionals.map((path) => resolve(path));
if (stomp === undefined || scripts === undefined) {
  console.error('give the checkouts of swpt_stomp and swpt_ca_scripts; see the head of this file');
  process.exit(2);
}
const COUNT = Number(values.count);
/** In the stage in which everything is killed. */
const COUNT_KILLED = Math.ceil(COUNT / 2);
const LONG_MS = 900_000;

const children = { all: [], of: (folder) => children.all[children.all.push(new Children(folder)) - 1] };
const failures = [];
const say = (text) => console.log(text);

function check(what, isSo, detail = '') {
  if (!isSo) failures.push(what);
  say(`  ${isSo ? 'ok    ' : 'FAILED'} ${what}${detail === '' ? '' : `: ${detail}`}`);
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((done) => {
          const server = createServer().listen(0, '127.0.0.1', () => done(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

async function makePython(folder) {
  const python = join(folder, 'venv/bin/python');
  await run('python3', ['-m', 'venv', join(folder, 'venv')]);
  const lock = await readFile(join(stomp, 'poetry.lock'), 'utf8');
  const newest = (name) => [...lock.matchAll(new RegExp(`name = "${name}"\\nversion = "([^"]+)"`, 'g'))].at(-1)?.[1];
  const names = ['aio-pika', 'aiormq', 'pamqp', 'marshmallow', 'tomli', 'click', 'python-json-logger', 'uvloop'];
  const locked = names.map((name) => `${name}==${newest(name)}`);
  const install = (packages) => run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  // Where there is no wheel of a version for this Python, the nearest that the index has.
  await install(locked).catch(() => install(names));
  const said = await run(python, ['-m', 'pip', 'list', '--format', 'freeze']);
  say(
    `${(await run(python, ['--version'])).trim()}: ${said
      .split('\n')
      .filter((line) => names.some((name) => line.startsWith(name)))
      .join(' ')}`,
  );
  return python;
}

/** From the first to the last. */
const rate = (count, ms) => `${count} in ${(ms / 1000).toFixed(1)} s, ${Math.round((count / ms) * 1000)}/s`;

const told = ({ arrived, distinct, doubled, faults }) =>
  `${arrived} arrived, ${distinct} different, ${doubled} twice${faults.length > 0 ? `; ${faults.length} faults: ${faults.slice(0, 3).join('; ')}` : ''}`;

async function play({ folder, we, Database, python }) {
  const they = we === 'aa' ? 'ca' : 'aa';
  const [out, back] = we === 'aa' ? ['from-authority', 'to-authority'] : ['to-authority', 'from-authority'];
  await mkdir(folder);
  const own = children.of(folder);
  const [ourPort, node, rpc, rpcAdmin, theirPort, otherPort, amqp, epmd, dist] = await freePorts(9);
  const ours = new Database(join(folder, 'ours'), netmap, scripts);
  const theirs = new Database(join(folder, 'theirs'), netmap, scripts);
  await ours.init(we, ourPort);
  await theirs.init(they, theirPort);
  const [id, theirId] = await makePeers({ one: ours, other: theirs });
  const names = { aa: 'accounting authority', ca: 'creditors agent' };
  say(`\nwe are the ${names[we]} ${id}, they the ${names[they]} ${theirId}; databases by ${ours.made}`);

  const rabbit = new Rabbit({ folder: join(folder, 'rabbit'), ports: { amqp, epmd, dist }, children: own });
  await rabbit.start();
  const them = new TheirNode({
    checkout: stomp,
    python,
    database: theirs.folder,
    port: theirPort,
    rabbit,
    children: own,
    kind: they,
    us: id,
  });
  await them.start();
  const us = new OurNode({
    folder,
    database: ours.folder,
    id,
    port: ourPort,
    ports: { node, rpc, rpcAdmin },
    children: own,
  });
  await us.start();
  const peer = async () => (await us.status()).peers.find((each) => each.id === theirId);
  await until('our relay is connected to swpt-server', async () => (await peer())?.phase === 'connected', 60_000);
  check('each reads its database, and the other lets it in', true);

  const inRabbit = (count) =>
    until(`${count} in RabbitMQ`, async () => (await them.depth('applications')) >= count, LONG_MS);
  const atUs = (count) => until(`${count} at our application`, () => us.received.length >= count, LONG_MS);
  const seen = (wires) =>
    wires.map(({ subject, contentType, body, properties }) => ({
      type: subject,
      contentType,
      body: String(body),
      headers: properties,
    }));

  say(' (a) application, our broker, relay -> swpt-server -> RabbitMQ');
  let began = Date.now();
  await us.send(theirId, messages(out, we, COUNT));
  await inRabbit(COUNT);
  let took = Date.now() - began;
  const arrived = await them.drain();
  const a = judge(out, they, arrived, COUNT);
  check(rate(COUNT, took), a.faults.length === 0 && a.doubled === 0, told(a));
  check(
    'durable, by swpt_stomp',
    arrived.every(({ durable, appId }) => durable && appId === 'swpt_stomp'),
  );

  say(' (b) RabbitMQ -> swpt-client -> our broker, screen -> application');
  began = Date.now();
  await them.publish(messages(back, they, COUNT));
  await atUs(COUNT);
  took = Date.now() - began;
  const b = judge(back, we, seen(us.received.splice(0)), COUNT);
  check(rate(COUNT, took), b.faults.length === 0 && b.doubled === 0, told(b));

  say(' (c) both ways at once, and everything of theirs is killed');
  const first = COUNT;
  const starts = () =>
    ['server', 'client'].map((name) => `swpt-${name} ${them[name].starts}`).join(', ') +
    `, RabbitMQ ${rabbit.child.starts}`;
  await them.publish(messages(back, they, COUNT_KILLED, first));
  await us.send(theirId, messages(out, we, COUNT_KILLED, first));
  for (const child of [them.server, them.client, rabbit.child, them.server, them.client]) {
    await wait(1_500);
    await child.kill();
  }
  // Until both are up again a queue cannot be looked at.
  const judged = async () => {
    for (const found of await them.drain()) arrivedKilled.push(found);
    return judge(out, they, arrivedKilled, COUNT_KILLED, first).distinct === COUNT_KILLED;
  };
  const arrivedKilled = [];
  await until('all are in RabbitMQ', judged, LONG_MS);
  await until(
    'all are at our application',
    () => judge(back, we, seen(us.received), COUNT_KILLED, first).distinct === COUNT_KILLED,
    LONG_MS,
  );
  await until(
    'nothing waits for the peer',
    async () => ((await peer())?.queued ?? 1) === 0 && (await them.depth('to-peer')) === 0,
  );
  await wait(2_000);
  await judged();
  const c1 = judge(out, they, arrivedKilled, COUNT_KILLED, first);
  const c2 = judge(back, we, seen(us.received.splice(0)), COUNT_KILLED, first);
  say(`  kill -9: swpt-server and swpt-client twice each, RabbitMQ once; they were started so often: ${starts()}`);
  check('relay -> RabbitMQ: none lost, in order', c1.faults.length === 0, told(c1));
  check('RabbitMQ -> application: none lost, in order', c2.faults.length === 0, told(c2));
  const dead0 = await us.deadLetters();
  check('nothing of it became a dead letter', reasonsOf(dead0).length === 0, reasonsOf(dead0).slice(0, 3).join('; '));

  say(' (c) what nobody takes');
  const late = { ts: JSON.stringify(new Date(Date.now() + 3 * 3_600_000).toISOString()) };
  const foreign = { creditor_id: '7' };
  const n = first + COUNT_KILLED;
  await us.send(theirId, [
    message(out, we, n),
    message(out, we, n + 1, late),
    message(out, we, n + 2, foreign),
    message(out, we, n + 3),
  ]);
  await inRabbit(2);
  const numbers = (await them.drain()).map(({ headers }) => Number(BigInt.asUintN(32, BigInt(headers['debtor-id']))));
  check(
    'a message that swpt-server answers with ERROR: those around it arrive',
    numbers.join() === `${n},${n + 3}`,
    numbers.join(),
  );
  await until('two dead letters', async () => reasonsOf(await us.deadLetters()).length === 2);
  const own2 = reasonsOf(await us.deadLetters());
  check(
    "it is a dead letter with swpt-server's words",
    own2.some((reason) => /^The message timestamp is \d+ seconds in the future\.$/.test(reason)),
    own2.join(' | '),
  );
  check(
    'what swpt-server would refuse for its IDs has not left',
    own2.some((reason) => /^Invalid creditor ID: 0x0000000000000007\.$/.test(reason)),
  );
  await them.publish([message(back, they, n, late), message(back, they, n + 1)]);
  await atUs(1);
  await until('another dead letter', async () => reasonsOf(await us.deadLetters()).length === 3);
  const last = us.received.splice(0);
  check(
    'a message of theirs that our screen refuses: the one behind it arrives',
    judge(back, we, seen(last), 1, n + 1).faults.length === 0,
  );

  say(' (e) new servers');
  await them.server.stop();
  await sayServers(theirs, they, `127.0.0.1:${otherPort}`);
  await ours.reconfigure(theirId, await theirs.bundle());
  them.startServer(otherPort);
  await us.send(theirId, messages(out, we, 100, n + 4));
  await inRabbit(100);
  const e1 = judge(out, they, await them.drain(), 100, n + 4);
  check('swpt-server has moved: our relay follows the new info bundle while it runs', e1.faults.length === 0, told(e1));
  await sayServers(ours, we, `localhost:${ourPort}`);
  await theirs.reconfigure(id, await ours.bundle());
  await them.client.kill();
  await them.publish(messages(back, they, 100, n + 2));
  await atUs(100);
  const e2 = judge(back, we, seen(us.received.splice(0)), 100, n + 2);
  check('our stomp.toml has changed: swpt-client comes by the new one', e2.faults.length === 0, told(e2));

  say(' (e) the end');
  await theirs.deactivate(id);
  await wait(3_000);
  await us.send(theirId, messages(out, we, 1, n + 200));
  const cut = await until('our relay is told', async () => {
    const found = await peer();
    return (
      found?.phase === 'waiting' &&
      found.cause !== undefined &&
      /deactivated|Unknown peer/.test(found.cause.message ?? found.cause) &&
      found
    );
  });
  check(
    'they deactivate us: our relay says so, and the message waits',
    cut.queued === 1,
    `${JSON.stringify(cut.cause)}, ${cut.queued} waits`,
  );
  const exits = them.client.exits.length;
  await ours.deactivate(theirId);
  await until('swpt-client is cut off, and does not come in again', () => them.client.exits.length >= exits + 2);
  check('we deactivate them: swpt-client is cut off and does not come in again', us.received.length === 0);
  await us.stop();
  await own.stop();
}

const reasonsOf = (found) => found.entries.map(({ reason }) => reason);

const folder = await mkdtemp(join(tmpdir(), 'netmap-reference-'));
const stop = async () => {
  for (const each of children.all) await each.stop();
  if (!values.keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop().then(() => process.exit(130)));
try {
  const commit = (path) =>
    run('git', ['-C', path, 'log', '-1', '--format=%h %cs']).then(
      (text) => text.trim(),
      () => 'of an unknown commit',
    );
  say(`swpt_stomp ${await commit(stomp)}, swpt_ca_scripts ${await commit(scripts)}, in ${folder}`);
  const python = await makePython(folder);
  await play({ folder: join(folder, 'authority'), we: 'aa', Database: NetmapDatabase, python });
  await play({ folder: join(folder, 'agent'), we: 'ca', Database: ScriptsDatabase, python });
} catch (error) {
  failures.push(error.message);
  say(`  FAILED ${error.stack}`);
} finally {
  await stop();
}
say(failures.length === 0 ? '\nall as it should be' : `\n${failures.length} failed: ${failures.join('; ')}`);
process.exit(failures.length === 0 ? 0 : 1);
