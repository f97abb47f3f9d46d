import { byId, counted, html, shortName, show, SIGNS, svg } from './dom.js';

/** @typedef {import('../page-model').PagePeer} PagePeer */

/** More cannot be told apart. */
const MOST = 24;
const WIDTH = 900;

/**
 * The node in the middle and around it the peers that matter most now.
 * @param {string} own
 * @param {readonly PagePeer[]} peers
 * @param {ReadonlyMap<string, number>} rates messages a second, by id
 */
export function drawGraph(own, peers, rates) {
  const shown = [...peers]
    .sort((a, b) => weight(b, rates) - weight(a, rates) || (a.name < b.name ? -1 : 1))
    .slice(0, MOST)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const narrow = matchMedia('(max-width: 40rem)').matches;
  const key = JSON.stringify([own, narrow, peers.length, shown.map((peer) => [peer, rates.get(peer.id)])]);
  show('graph', key, () => [picture(own, shown, rates, narrow), rest(peers.length - shown.length)]);
  show('legend', String(narrow), () =>
    ['connected', 'waiting', 'checking', 'starting', 'idle'].map((state) =>
      html('li', {}, html('span', { 'data-state': state, 'aria-hidden': 'true' }, `${SIGNS[state]} `), LEGEND[state]),
    ),
  );
  byId('graph').setAttribute('data-drawn', String(shown.length));
}

/** @type {Record<string, string>} */
const LEGEND = {
  connected: 'connected',
  waiting: 'waiting: could not be used, tried again',
  checking: 'being tried',
  starting: 'connecting',
  idle: 'idle: no messages, no connection',
};

/**
 * @param {PagePeer} peer
 * @param {ReadonlyMap<string, number>} rates
 */
function weight({ state, queued, failures, id, delivered }, rates) {
  return (
    (state === 'waiting' ? 1e9 : 0) +
    (failures > 0 ? 1e8 : 0) +
    (state === 'idle' ? 0 : 1e7) +
    queued * 10 +
    (rates.get(id) ?? 0) +
    (delivered > 0 ? 1 : 0)
  );
}

/** @param {number} count */
function rest(count) {
  return count > 0
    ? html(
        'p',
        { class: 'quiet' },
        `${counted(count, 'more peer')} in the table; those in trouble and in use are drawn first.`,
      )
    : '';
}

/**
 * @param {string} own
 * @param {readonly PagePeer[]} peers
 * @param {ReadonlyMap<string, number>} rates
 * @param {boolean} narrow
 */
function picture(own, peers, rates, narrow) {
  const rows = Math.ceil(peers.length / (narrow ? 1 : 2));
  const width = narrow ? 420 : WIDTH;
  const height = Math.max(narrow ? 120 : 160, rows * 46 + 40);
  const middle = narrow ? { x: width / 2, y: 34 } : { x: width / 2, y: height / 2 };
  const root = svg('svg', {
    viewBox: `0 0 ${width} ${height + (narrow ? 50 : 0)}`,
    role: 'group',
    'aria-label': `${counted(peers.length, 'peer')} around this node; the table tells the same`,
  });
  const links = svg('g', { 'aria-hidden': 'true' });
  const marks = svg('g');
  peers.forEach((peer, index) => {
    const left = !narrow && index < rows;
    const row = narrow ? index : index % rows;
    const x = narrow ? 40 : left ? 250 : width - 250;
    const y = narrow ? 100 + row * 46 : (height / rows) * (row + 0.5);
    links.append(link(peer, rates, middle, { x, y }, narrow));
    marks.append(mark(peer, rates, { x, y }, left));
  });
  root.append(
    links,
    marks,
    svg(
      'g',
      { role: 'img', 'aria-label': `This node, ${own}` },
      svg('circle', { class: 'own', cx: middle.x, cy: middle.y, r: 22 }),
      svg(
        'text',
        {
          x: middle.x,
          y: narrow ? middle.y + 5 : middle.y + 42,
          'text-anchor': narrow ? 'start' : 'middle',
          dx: narrow ? 30 : 0,
        },
        shortName(own),
      ),
    ),
  );
  return root;
}

/**
 * @param {PagePeer} peer
 * @param {ReadonlyMap<string, number>} rates
 * @param {{ x: number, y: number }} from
 * @param {{ x: number, y: number }} to
 * @param {boolean} narrow
 */
function link({ id, state, inFlight }, rates, from, to, narrow) {
  const moving = (rates.get(id) ?? 0) > 0 || inFlight > 0;
  const bend = narrow ? { x: to.x, y: from.y } : { x: (from.x + to.x) / 2, y: to.y };
  const path = narrow
    ? `M${from.x} ${from.y} H${to.x} V${to.y}`
    : `M${from.x} ${from.y} Q${bend.x} ${bend.y} ${to.x} ${to.y}`;
  return svg('path', {
    class: moving ? 'link moving' : 'link',
    d: path,
    fill: 'none',
    'data-state': state === 'idle' && !moving ? undefined : state,
  });
}

/**
 * @param {PagePeer} peer
 * @param {ReadonlyMap<string, number>} rates
 * @param {{ x: number, y: number }} at
 * @param {boolean} left
 */
function mark(peer, rates, { x, y }, left) {
  const { id, name, state, queued } = peer;
  const rate = rates.get(id) ?? 0;
  const words = [
    state,
    queued > 0 ? `${queued.toLocaleString()} wait` : '',
    rate > 0 ? `${rate.toLocaleString(undefined, { maximumFractionDigits: 1 })}/s` : '',
    certificateWords(peer),
  ].filter((word) => word !== '');
  const text = { x: left ? x - 24 : x + 24, 'text-anchor': left ? 'end' : 'start' };
  return svg(
    'a',
    { href: '#peers', 'data-state': state, 'data-peer': id },
    state === 'waiting'
      ? svg('path', { class: 'mark', d: `M${x} ${y - 15} L${x + 15} ${y + 12} H${x - 15} Z` })
      : svg('circle', { class: 'mark', cx: x, cy: y, r: 13 }),
    svg('text', { class: 'sign', 'aria-hidden': 'true', x, y: y + (state === 'waiting' ? 8 : 5) }, SIGNS[state] ?? '·'),
    svg('text', { ...text, y: y - 2 }, shortName(name)),
    svg('text', { ...text, y: y + 13, class: 'sub' }, words.join(' · ')),
  );
}

const DAY_MS = 86_400_000;

/** @param {PagePeer} peer */
export function certificateWords({ certificate }) {
  if (certificate === undefined) return '';
  const days = Math.ceil((certificate - Date.now()) / DAY_MS);
  if (days <= 0) return 'certificate has ended';
  return days <= 30 ? `certificate ends in ${days} d` : '';
}
