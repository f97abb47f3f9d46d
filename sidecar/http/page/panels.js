import { byId, counted, duration, html, show, SIGNS, time } from './dom.js';

/** @typedef {import('../page-model').PageNode} PageNode */
/** @typedef {import('../page-model').PageChange} PageChange */

/**
 * Everything of the page but peers and held map.
 * @param {PageNode} node
 * @param {number} now by the node's clock
 */
export function showNode(node, now) {
  document.title = `${node.notices.length > 0 || node.held ? '! ' : ''}${node.name} – netmap`;
  byId('name').textContent = node.name;
  byId('about').textContent = `${node.id}, runs for ${duration(now - node.startedAt)}`;
  byId('version').textContent = `netmap ${node.version}`;
  showAttention(node, now);
  showCards(node, now);
  show('changes', JSON.stringify(node.changes), () =>
    node.changes.length === 0
      ? [html('li', { class: 'quiet' }, 'None since the start of the sidecar.')]
      : node.changes.map(change),
  );
  showLists(node, now);
}

/**
 * @param {PageNode} node
 * @param {number} now
 */
function showAttention({ notices }, now) {
  byId('attention').hidden = notices.length === 0;
  show('attention', JSON.stringify(notices), () =>
    notices.map(({ kind, title, text, since, remedy }) =>
      html(
        'div',
        { class: `notice ${kind}` },
        html('h2', {}, title),
        html('p', {}, text),
        since !== undefined && html('p', { class: 'why' }, `For ${duration(now - since)}.`),
        remedy !== undefined && html('p', { class: 'why' }, `To do: ${remedy}`),
      ),
    ),
  );
}

/**
 * @param {PageNode} node
 * @param {number} now
 */
function showCards({ broker, map, queued, delivered, deadLetters, screen, certificates }, now) {
  const dead = Object.entries(deadLetters);
  const deadSum = dead.reduce((sum, [, count]) => sum + count, 0);
  const first = [...certificates].sort((a, b) => a.endsAt - b.endsAt)[0];
  const source =
    map.failingSince !== undefined
      ? `no new one for ${duration(now - map.failingSince)}`
      : map.confirmedAt === undefined
        ? 'from files'
        : `confirmed ${duration(now - map.confirmedAt)} ago`;
  /** @type {readonly (readonly [string, string, string, string])[]} */
  const cards = [
    [
      'Broker',
      broker.state,
      `${broker.kind}${broker.version === undefined ? '' : `, Artemis ${broker.version}`}`,
      broker.state === 'ready' ? 'good' : 'bad',
    ],
    ['Network map', counted(map.peers, 'node'), source, ''],
    ['Messages that wait', queued.toLocaleString(), 'for all peers', ''],
    ['Taken by peers', delivered.toLocaleString(), 'since the sidecar started', ''],
    [
      'Dead letters',
      deadSum.toLocaleString(),
      dead.map(([cause, count]) => `${count} ${cause}`).join(', '),
      deadSum > 0 ? 'bad' : '',
    ],
    ...(first === undefined
      ? []
      : [
          /** @type {const} */ ([
            'First certificate',
            first.endsAt <= now ? 'has ended' : `${duration(first.endsAt - now)} left`,
            `${first.which}`,
            '',
          ]),
        ]),
    ...(screen === undefined
      ? []
      : [
          /** @type {const} */ ([
            'Screen',
            counted(screen.accepted, 'message'),
            `${screen.refused.toLocaleString()} refused`,
            '',
          ]),
        ]),
  ];
  show('cards', JSON.stringify(cards), () =>
    cards.map(([title, value, small, kind]) =>
      html('div', {}, html('dt', {}, title), html('dd', { class: kind }, value, html('small', {}, small))),
    ),
  );
}

/** @type {Record<string, string>} */
const OUTCOMES = { live: 'live', refused: 'refused, the last good one stayed', repaired: 'repaired' };

/** @param {PageChange} one */
function change({ change: id, outcome, at, tookMs, why, blast, lines, more, problem }) {
  const touched =
    blast === 'nothing'
      ? 'touched nobody else'
      : `could touch ${blast === 'restart' ? 'everybody, by a restart' : blast}`;
  const what = counted(lines.length + more, 'difference');
  return html(
    'li',
    {},
    html(
      'span',
      { 'data-state': outcome },
      html('span', { 'aria-hidden': 'true' }, `${SIGNS[outcome]} `),
      html('strong', {}, OUTCOMES[outcome]),
    ),
    ` because ${why === 'start' ? 'the node started' : why === 'drift' ? 'the broker was found changed' : why}, `,
    time(at),
    problem !== undefined && html('p', {}, problem),
    html(
      'p',
      { class: 'quiet' },
      `${outcome === 'refused' ? '' : `${touched}; `}took ${tookMs.toLocaleString()} ms; change `,
      html('code', {}, id),
    ),
    lines.length > 0 &&
      html(
        'details',
        {},
        html('summary', {}, what),
        html(
          'ul',
          {},
          ...lines.map((line) =>
            html(
              'li',
              {},
              html('strong', {}, line.subject),
              ` ${line.what}, because ${line.why} `,
              html('span', { class: 'quiet' }, `(${line.blast === 'nothing' ? 'touches nobody else' : line.blast})`),
            ),
          ),
          more > 0 && html('li', {}, `and ${more.toLocaleString()} more`),
        ),
      ),
  );
}

/**
 * @param {PageNode} node
 * @param {number} now
 */
function showLists({ parked, moreParked, departed, moreDeparted, certificates }, now) {
  byId('parked-section').hidden = parked.length === 0;
  show('parked', JSON.stringify([parked, moreParked]), () => [
    ...parked.map(({ origin, message, code, remedy, since }) =>
      html(
        'li',
        {},
        html('strong', {}, origin),
        html('p', {}, `${message} [${code}]`),
        remedy !== undefined && html('p', { class: 'quiet' }, `To do: ${remedy}`),
        html('p', { class: 'quiet' }, 'since ', time(since)),
      ),
    ),
    moreParked > 0 && html('li', {}, `and ${moreParked.toLocaleString()} more`),
  ]);
  byId('departed-section').hidden = departed.length === 0;
  show('departed', JSON.stringify([departed, moreDeparted]), () => [
    ...departed.map(({ name, since, messages }) =>
      html(
        'li',
        {},
        html('strong', {}, name),
        ` left `,
        time(since),
        messages > 0 && `; ${counted(messages, 'message')} stay for it`,
      ),
    ),
    moreDeparted > 0 && html('li', {}, `and ${moreDeparted.toLocaleString()} more`),
  ]);
  show('certificates', JSON.stringify([certificates, Math.floor(now / 3_600_000)]), () =>
    certificates.map(({ which, endsAt }) =>
      html(
        'li',
        {},
        html('strong', {}, which),
        endsAt <= now ? ' has ended ' : ` ends in ${duration(endsAt - now)}, `,
        time(endsAt),
      ),
    ),
  );
}
