import { byId, counted, duration, html, organisation, show, SIGNS } from './dom.js';
import { certificateWords } from './peer-graph.js';

/** @typedef {import('../page-model').PagePeer} PagePeer */
/** @typedef {{ key: string, title: string, class: string, value: (peer: PagePeer) => string | number }} Column */

const PAGE = 100;
const FAR = Number.MAX_SAFE_INTEGER;
const ORDER = ['waiting', 'starting', 'checking', 'connected', 'idle', 'unknown'];

/** @type {readonly Column[]} */
const COLUMNS = [
  { key: 'name', title: 'Peer', class: '', value: ({ name }) => name },
  { key: 'state', title: 'State', class: '', value: ({ state }) => ORDER.indexOf(state) },
  { key: 'queued', title: 'Wait', class: 'number', value: ({ queued }) => -queued },
  { key: 'oldest', title: 'Oldest', class: 'number wide', value: ({ oldest = FAR }) => oldest },
  { key: 'inFlight', title: 'In flight', class: 'number wide', value: ({ inFlight }) => -inFlight },
  { key: 'delivered', title: 'Taken', class: 'number wide', value: ({ delivered }) => -delivered },
  { key: 'dead', title: 'Dead letters', class: 'number wide', value: ({ dead }) => -dead },
  { key: 'certificate', title: 'Certificate', class: 'wide', value: ({ certificate = FAR }) => certificate },
];

let sorted = { key: 'state', back: false };
let page = 0;
/** @type {readonly PagePeer[]} */
let all = [];
/** @type {() => number} */
let serverTime = Date.now;

/** Makes the head of the table and listens to what is asked of it. */
export function startTable() {
  byId('columns').replaceChildren(
    ...COLUMNS.map(({ key, title, class: name }) => {
      const button = html('button', { type: 'button' }, title);
      button.addEventListener('click', () => {
        sorted = { key, back: sorted.key === key && !sorted.back };
        page = 0;
        draw();
      });
      return html('th', { scope: 'col', class: name, 'data-key': key }, button);
    }),
  );
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  for (const id of ['filter-text', 'filter-state'])
    byId(id).addEventListener('input', () => {
      page = 0;
      draw();
    });
  byId('page-before').addEventListener('click', () => turn(-1));
  byId('page-next').addEventListener('click', () => turn(1));
}

/**
 * @param {readonly PagePeer[]} peers
 * @param {() => number} now by the node's clock
 */
export function showPeers(peers, now) {
  all = peers;
  serverTime = now;
  draw();
}

/** @param {string} name */
export function findPeer(name) {
  /** @type {HTMLInputElement} */ (byId('filter-text')).value = name;
  /** @type {HTMLSelectElement} */ (byId('filter-state')).value = '';
  page = 0;
  draw();
  byId('peers').focus();
}

/** @param {number} by */
function turn(by) {
  page += by;
  draw();
}

function draw() {
  const text = /** @type {HTMLInputElement} */ (byId('filter-text')).value.trim().toLowerCase();
  const state = /** @type {HTMLSelectElement} */ (byId('filter-state')).value;
  const found = all.filter((peer) => fits(peer, text, state)).sort(compare);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  page = Math.min(Math.max(0, page), pages - 1);
  const rows = found.slice(page * PAGE, (page + 1) * PAGE);
  const minute = Math.floor(serverTime() / 10_000);
  show('rows', JSON.stringify([minute, rows]), () => rows.map(row));
  show('peers-count', `${found.length} ${all.length}`, () => [
    found.length === all.length
      ? counted(all.length, 'peer')
      : `${found.length.toLocaleString()} of ${counted(all.length, 'peer')}`,
  ]);
  for (const head of document.querySelectorAll('#columns th')) {
    const is = head.getAttribute('data-key') === sorted.key;
    if (is) head.setAttribute('aria-sort', sorted.back ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
    const button = head.querySelector('button');
    const title = COLUMNS.find(({ key }) => key === head.getAttribute('data-key'))?.title ?? '';
    if (button !== null) button.textContent = is ? `${title} ${sorted.back ? '▲' : '▼'}` : title;
  }
  byId('pages').hidden = pages === 1;
  byId('page-which').textContent = `Page ${page + 1} of ${pages}`;
  /** @type {HTMLButtonElement} */ (byId('page-before')).disabled = page === 0;
  /** @type {HTMLButtonElement} */ (byId('page-next')).disabled = page === pages - 1;
}

/**
 * @param {PagePeer} peer
 * @param {string} text
 * @param {string} state
 */
function fits({ name, id, addresses, state: is, failures, queued, dead }, text, state) {
  if (state === 'trouble' && !(is === 'waiting' || failures > 0 || dead > 0 || (queued > 0 && is !== 'connected')))
    return false;
  if (state !== '' && state !== 'trouble' && is !== state) return false;
  return text === '' || `${name}\n${id}\n${addresses.join('\n')}`.toLowerCase().includes(text);
}

/**
 * @param {PagePeer} a
 * @param {PagePeer} b
 */
function compare(a, b) {
  const column = COLUMNS.find(({ key }) => key === sorted.key);
  const [x, y] = [column?.value(a) ?? '', column?.value(b) ?? ''];
  const order = x === y ? (a.name < b.name ? -1 : 1) : x < y ? -1 : 1;
  return sorted.back ? -order : order;
}

/** @param {PagePeer} peer */
function row(peer) {
  const { name, id, addresses, state, since, queued, oldest, inFlight, delivered, dead, retryAt, cause, certificate } =
    peer;
  const now = serverTime();
  const number = (/** @type {number} */ value) => (value === 0 ? '' : value.toLocaleString());
  const ends = certificateWords(peer);
  return html(
    'tr',
    { 'data-peer': id },
    html(
      'th',
      { scope: 'row' },
      organisation(name),
      html('span', {}, name),
      html('span', { class: 'wide' }, addresses.join(', ')),
      cause !== undefined && html('span', { class: 'cause' }, cause),
    ),
    html(
      'td',
      {},
      html('span', { 'data-state': state }, html('span', { 'aria-hidden': 'true' }, `${SIGNS[state] ?? '·'} `), state),
      since !== undefined && html('small', {}, `for ${duration(now - since)}`),
      retryAt !== undefined && html('small', {}, `next try in ${duration(retryAt - now)}`),
    ),
    html('td', { class: 'number' }, number(queued)),
    html('td', { class: 'number wide' }, oldest === undefined ? '' : duration(now - oldest)),
    html('td', { class: 'number wide' }, number(inFlight)),
    html('td', { class: 'number wide' }, number(delivered)),
    html('td', { class: dead > 0 ? 'number wide bad' : 'number wide' }, number(dead)),
    html(
      'td',
      { class: 'wide' },
      ends === ''
        ? certificate === undefined
          ? ''
          : `${duration(certificate - now)} left`
        : html('strong', { class: 'warn' }, ends),
    ),
  );
}
