// Sends numbered messages to every other organisation, and looks at those that come in: who truly sent each, whether one is
// missing, and whether one was stored twice. Settings by environment:
//   TRAFFIC_PEERS   names of all organisations of the network, with ; between them; those that are not on the map yet are left out
//   TRAFFIC_RATE    messages a second to all who are on the map together (2)
//   TRAFFIC_LISTEN  host and port of the counters (GET /counters, POST /rate, GET /health)
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { openMessaging } from 'artemis-netmap/messaging';

const { TRAFFIC_PEERS = '', TRAFFIC_RATE = '2', TRAFFIC_LISTEN = '127.0.0.1:9200' } = process.env;
const TOPIC = 'traffic';
const TICK_MS = 50;
const PRINT_MS = 10_000;
/** An unknown organisation is asked for again after so long. */
const UNKNOWN_MS = 2_000;
/** Sent and not stored yet, to one recipient; beyond it the pace slows down. */
const UNDER_WAY = 200;
/** Of so many of the newest of a sender it is remembered when they arrived. */
const REMEMBERED = 50_000;

const run = randomUUID();
const startedAt = Date.now();
const sent = new Map();
const received = new Map();
/** How many messages of each sender said that they were another's. */
const lies = new Map();
const ended = new AbortController();
let rate = Number(TRAFFIC_RATE);

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => ended.abort());

const messaging = await open();
const me = messaging.me.name;
const peers = TRAFFIC_PEERS.split(';').filter((name) => name !== '' && name !== me);
await messaging.receive(look, { topic: TOPIC, window: 200 });
const server = await listen();
const printing = setInterval(print, PRINT_MS);
await Promise.all(peers.map(sendTo));
clearInterval(printing);
print();
server.close();
server.closeAllConnections();
await messaging.close();

/** The broker may be about to start. */
async function open() {
  for (;;) {
    try {
      return await openMessaging();
    } catch (error) {
      console.error(`not connected yet: ${error.message}`);
      await wait(1_000, undefined, { signal: ended.signal });
    }
  }
}

async function sendTo(name) {
  const counts = { stored: 0, underWay: 0, known: true };
  sent.set(name, counts);
  let due = 0;
  let before = Date.now();
  let number = 0;
  while (!ended.signal.aborted) {
    await wait(TICK_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    const known = [...sent.values()].filter((one) => one.known).length;
    const since = ((Date.now() - before) / 1000) * (rate / Math.max(1, known));
    // At a rate of 0 what is due and was held back is not sent either.
    due = rate === 0 ? 0 : Math.min(UNDER_WAY, due + since);
    before = Date.now();
    for (; due >= 1 && counts.underWay < UNDER_WAY && !ended.signal.aborted; due -= 1) {
      number += 1;
      counts.underWay += 1;
      const sending = send(name, number, counts);
      // The first one finds out whether the recipient is there at all.
      if (counts.stored === 0) await sending;
    }
  }
}

/** Until it is stored, whatever comes between: with one duplicate ID it is not stored twice. */
async function send(name, number, counts) {
  const message = {
    topic: TOPIC,
    body: JSON.stringify({ from: me, run, number }),
    contentType: 'application/json',
    duplicateId: `${run} ${number}`,
  };
  while (!ended.signal.aborted) {
    try {
      await messaging.send(name, message, { signal: ended.signal });
      counts.known = true;
      counts.stored += 1;
      break;
    } catch (error) {
      if (ended.signal.aborted) break;
      counts.known = error.code !== 'RECIPIENT_UNKNOWN';
      if (counts.known) console.error(`to ${name}: ${error.message}`);
      await wait(UNKNOWN_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  }
  counts.underWay -= 1;
}

function look(message) {
  const { from, run: theirs, number } = JSON.parse(message.body.toString());
  const name = message.sender.name ?? message.sender.id;
  if (from !== name) {
    lies.set(name, (lies.get(name) ?? 0) + 1);
    console.error(`${name} truly sent what says that it is from ${from}`);
    return;
  }
  const counts = countsOf(name, theirs);
  const arrivedAt = counts.arrivals.get(number);
  if (arrivedAt === undefined && number > counts.oldest) {
    if (counts.count === 0) counts.first = number;
    counts.count += 1;
    counts.highest = Math.max(counts.highest, number);
    counts.arrivals.set(number, message.arrivedAt);
    forget(counts);
  } else if (arrivedAt === message.arrivedAt) {
    // What was not acknowledged yet when a connection was lost comes again; it was stored once.
    counts.cameAgain += 1;
  } else {
    counts.doubled += 1;
    console.error(`${name} ${number} was stored twice`);
  }
}

/** A sender that started anew counts from 1. */
function countsOf(name, theirs) {
  const known = received.get(name);
  if (known?.run === theirs) return known;
  const counts = { run: theirs, first: 0, count: 0, highest: 0, cameAgain: 0, doubled: 0 };
  const fresh = { ...counts, firstAt: Date.now(), oldest: 0, arrivals: new Map() };
  received.set(name, fresh);
  return fresh;
}

function forget(counts) {
  if (counts.arrivals.size <= REMEMBERED) return;
  const [oldest] = counts.arrivals.keys();
  counts.arrivals.delete(oldest);
  counts.oldest = Math.max(counts.oldest, oldest);
}

function counters() {
  const shown = [...received].map(([name, { arrivals: _, oldest: __, ...counts }]) => {
    return [name, { ...counts, wrongSender: lies.get(name) ?? 0 }];
  });
  return { node: me, run, startedAt, rate, sent: Object.fromEntries(sent), received: Object.fromEntries(shown) };
}

/** Whether messages of everybody who is on the map have come in, and go out to them. */
function healthy() {
  const known = [...sent].filter(([, counts]) => counts.known);
  return known.length > 0 && known.every(([name, { stored }]) => stored > 0 && received.has(name));
}

async function listen() {
  const [host, port] = TRAFFIC_LISTEN.split(':');
  const created = createServer((request, response) => {
    const answer = (status, content) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(content)}\n`);
    };
    const path = `${request.method} ${new URL(request.url, 'http://traffic').pathname}`;
    if (path === 'GET /counters') answer(200, counters());
    else if (path === 'GET /health') answer(healthy() ? 200 : 503, { healthy: healthy() });
    else if (path === 'POST /rate') {
      const wanted = Number(new URL(request.url, 'http://traffic').searchParams.get('perSecond'));
      if (!(wanted >= 0 && wanted <= 10_000)) return answer(400, { error: 'perSecond is from 0 to 10000' });
      rate = wanted;
      answer(200, { rate });
    } else answer(404, {});
  });
  await new Promise((resolve, reject) => {
    created.once('error', reject);
    created.listen(Number(port), host, resolve);
  });
  return created;
}

function print() {
  const out = [...sent].map(([name, { stored, known }]) => `${name}: ${known ? stored : 'not on the map'}`);
  const entries = [...received].map(([name, { first, count, highest, doubled }]) => {
    const missing = highest - first + 1 - count;
    const wrongSender = lies.get(name) ?? 0;
    const wrong = [
      ...(missing > 0 ? [`${missing} on their way or missing`] : []),
      ...(doubled > 0 ? [`${doubled} doubled`] : []),
      ...(wrongSender > 0 ? [`${wrongSender} of a wrong sender`] : []),
    ];
    return `${name}: ${count}${wrong.length > 0 ? ` (${wrong.join(', ')})` : ''}`;
  });
  console.log(`sent ${out.join('; ')} | received ${entries.join('; ')}`);
}
