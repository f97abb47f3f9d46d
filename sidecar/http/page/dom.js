/** @typedef {Node | string | number | undefined | null | false} Child */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element. Text is only ever text here: nothing that a peer wrote is taken for markup.
 * @param {string} name
 * @param {Record<string, string | number | undefined>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function html(name, attributes = {}, ...children) {
  return /** @type {HTMLElement} */ (fill(document.createElement(name), attributes, children));
}

/**
 * @param {string} name
 * @param {Record<string, string | number | undefined>} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}, ...children) {
  return /** @type {SVGElement} */ (fill(document.createElementNS(SVG, name), attributes, children));
}

/**
 * @param {Element} element
 * @param {Record<string, string | number | undefined>} attributes
 * @param {readonly Child[]} children
 */
function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(key, String(value));
  for (const child of children)
    if (child !== undefined && child !== null && child !== false)
      element.append(child instanceof Node ? child : String(child));
  return element;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`there is no element ${id}`);
  return found;
}

/**
 * Replaces the children only where they have become others, so that what is read or focused is not torn away.
 * @param {string} id
 * @param {string} key what the children are made of
 * @param {() => readonly Child[]} children
 */
export function show(id, key, children) {
  const element = byId(id);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  element.replaceChildren(
    ...children().flatMap((child) => (child instanceof Node || typeof child === 'string' ? [child] : [])),
  );
}

/** @type {Map<string, string>} */
const shown = new Map();

const SPANS = /** @type {const} */ ([
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
]);

/**
 * @param {number} ms
 * @returns {string}
 */
export function duration(ms) {
  const found = SPANS.find(([span]) => ms >= span);
  return found === undefined ? `${Math.max(0, Math.round(ms / 1000))} s` : `${Math.floor(ms / found[0])} ${found[1]}`;
}

/**
 * @param {number} at milliseconds since the epoch
 * @returns {HTMLElement}
 */
export function time(at) {
  const date = new Date(at);
  return html(
    'time',
    { datetime: date.toISOString() },
    date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }),
  );
}

/**
 * @param {number} count
 * @param {string} what
 */
export function counted(count, what) {
  return `${count.toLocaleString()} ${what}${count === 1 ? '' : 's'}`;
}

/** Each state has a sign of its own: colour is not the only one. */
export const SIGNS = /** @type {Readonly<Record<string, string>>} */ ({
  connected: '✓',
  waiting: '!',
  checking: '?',
  starting: '…',
  idle: '–',
  unknown: '·',
  live: '✓',
  refused: '!',
  repaired: '↺',
});

/**
 * The name by which people call it; who it is, the whole name alone tells.
 * @param {string} name
 */
export function organisation(name) {
  const found = /(?:^|, )(?:O|CN)=("(?:[^"\\]|\\.)*"|[^,]*)/.exec(name)?.[1] ?? name;
  return found.replace(/^"(.*)"$/, '$1');
}

/**
 * The same where there is little room.
 * @param {string} name
 */
export function shortName(name) {
  const bare = organisation(name);
  return bare.length > 22 ? `${bare.slice(0, 21)}…` : bare;
}
