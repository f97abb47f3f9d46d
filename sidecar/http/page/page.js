import { byId, shortName } from './dom.js';
import { showHeld, startOperator } from './operator.js';
import { drawGraph } from './peer-graph.js';
import { findPeer, showPeers, startTable } from './peer-table.js';
import { showNode } from './panels.js';

/** @typedef {import('../page-model').PageNode} PageNode */
/** @typedef {import('../page-model').PagePeer} PagePeer */
/** @typedef {import('../page-model').PagePeers} PagePeers */

/** Without a word for so long the node is taken for gone: it says something every 15 seconds. */
const SILENT_MS = 30_000;
const RATE_MS = 10_000;

/** @type {PageNode | undefined} */
let node;
/** @type {Map<string, PagePeer>} */
const peers = new Map();
/** Messages a second. @type {Map<string, number>} */
const rates = new Map();
/** @type {Map<string, { delivered: number, at: number }>} */
const measured = new Map();
/** The node's clock less this one's, milliseconds. */
let ahead = 0;
let heardAt = Date.now();
let drawn = 0;

const now = () => Date.now() + ahead;

function draw() {
  cancelAnimationFrame(drawn);
  drawn = requestAnimationFrame(() => {
    if (node === undefined) return;
    const all = [...peers.values()];
    showNode(node, now());
    showHeld(node.held);
    drawGraph(node.name, all, rates);
    showPeers(all, now);
    document.body.setAttribute('data-shown', String(all.length));
  });
}

/** @param {PagePeers} news */
function take({ whole, peers: changed, gone }) {
  if (whole) peers.clear();
  for (const peer of changed) {
    const before = peers.get(peer.id);
    if (before !== undefined && before.state !== peer.state && (peer.state === 'waiting' || before.state === 'waiting'))
      speak(`${shortName(peer.name)} is ${peer.state}`);
    peers.set(peer.id, peer);
    measure(peer);
  }
  for (const id of gone) {
    peers.delete(id);
    rates.delete(id);
    measured.delete(id);
  }
}

/** @param {PagePeer} peer */
function measure({ id, delivered }) {
  const at = Date.now();
  const before = measured.get(id);
  if (before === undefined) measured.set(id, { delivered, at });
  else if (delivered !== before.delivered) {
    rates.set(id, Math.max(0, ((delivered - before.delivered) * 1000) / Math.max(1000, at - before.at)));
    measured.set(id, { delivered, at });
  }
}

/** Who takes nothing any more has no rate. */
function forgetRates() {
  for (const [id, { at }] of measured) {
    if (Date.now() - at < RATE_MS) continue;
    const known = peers.get(id);
    if (known !== undefined) measured.set(id, { delivered: known.delivered, at: Date.now() });
    rates.delete(id);
  }
}

let spokenAt = 0;

/** Not more often than somebody can listen. @param {string} text */
function speak(text) {
  if (Date.now() - spokenAt < 3_000) return;
  spokenAt = Date.now();
  byId('spoken').textContent = text;
}

/** @param {'connected' | 'waiting'} state */
function connection(state) {
  const element = byId('connection');
  const text = state === 'connected' ? '✓ Live' : '! Not connected: what you see is old';
  if (element.textContent === text) return;
  element.textContent = text;
  element.setAttribute('data-state', state);
}

/** A browser tries again by itself after a cut, but not after an answer that is no stream. */
function listen() {
  const events = new EventSource('/events');
  const heard = () => {
    heardAt = Date.now();
    connection('connected');
  };
  events.addEventListener('open', heard);
  events.addEventListener('alive', heard);
  events.addEventListener('node', (event) => {
    heard();
    const before = node;
    node = /** @type {PageNode} */ (JSON.parse(event.data));
    ahead = node.now - Date.now();
    if (node.held !== undefined && before?.held?.digest !== node.held.digest) speak('A network map waits for you');
    draw();
  });
  events.addEventListener('peers', (event) => {
    heard();
    take(JSON.parse(event.data));
    draw();
  });
  events.addEventListener('error', () => {
    connection('waiting');
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5_000);
  });
}

startTable();
byId('graph').addEventListener('click', (event) => {
  const id =
    event.target instanceof Element ? event.target.closest('[data-peer]')?.getAttribute('data-peer') : undefined;
  if (!id) return;
  event.preventDefault();
  findPeer(id);
});
matchMedia('(max-width: 40rem)').addEventListener('change', draw);
setInterval(() => {
  forgetRates();
  draw();
}, 5_000);
setInterval(() => {
  if (Date.now() - heardAt > SILENT_MS) connection('waiting');
}, 1_000);
void startOperator().catch(() => connection('waiting'));
listen();
