import { byId, counted, html, show, time } from './dom.js';

/** @typedef {import('../page-model').PageHeldMap} PageHeldMap */

/** What an operator's login gave; it goes with whatever is done. @type {string | undefined} */
let proof;
/** @type {PageHeldMap | undefined} */
let held;
let says = '';

/** Asks whether this browser is logged in already. */
export async function startOperator() {
  byId('leave').addEventListener('click', () => {
    void ask('/operator/logout', {}, () => {
      proof = undefined;
      says = 'Logged out.';
    });
  });
  const answer = await fetch('/operator', { credentials: 'same-origin' });
  if (answer.ok) proof = (await answer.json()).proof;
  draw();
}

/** @param {PageHeldMap | undefined} map */
export function showHeld(map) {
  if (map?.digest !== held?.digest) says = '';
  held = map;
  draw();
}

function draw() {
  const map = held;
  byId('operator').hidden = proof === undefined;
  byId('held').hidden = map === undefined;
  if (map === undefined) return;
  byId('held-reason').textContent =
    `${map.reason.charAt(0).toUpperCase()}${map.reason.slice(1)}. The last good map stays until you decide.`;
  byId('held-digest').textContent = map.digest;
  byId('held-who').textContent = `${counted(map.lost.length + map.moreLost, 'peer')} would leave`;
  show('held-lost', JSON.stringify(map.lost), () => [
    ...map.lost.map((name) => html('li', {}, name)),
    map.moreLost > 0 && html('li', {}, `and ${map.moreLost.toLocaleString()} more`),
  ]);
  show('held-do', JSON.stringify([map.digest, map.canAccept, proof !== undefined, says]), () => [
    html('p', { class: 'why' }, 'Held since ', time(map.since)),
    ...(map.canAccept ? (proof === undefined ? loginForm() : acceptButtons(map)) : [command(map)]),
    html('p', { role: 'alert' }, says),
  ]);
}

/** @param {PageHeldMap} map */
function command({ digest }) {
  return html(
    'p',
    {},
    'To let it go on, on the machine of this node: ',
    html('code', {}, `netmap map accept ${digest}`),
  );
}

function loginForm() {
  const password = html('input', { type: 'password', autocomplete: 'current-password', required: '' });
  const form = html(
    'form',
    { id: 'login' },
    // What keeps passwords asks for a name.
    html('input', { type: 'text', autocomplete: 'username', value: 'operator', hidden: '' }),
    html('label', {}, "Operator's password ", password),
    html('button', { type: 'submit' }, 'Log in to decide'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void ask('/operator/login', { password: /** @type {HTMLInputElement} */ (password).value }, (answer) => {
      proof = answer.proof;
      says = '';
    });
  });
  return [form];
}

/** @param {PageHeldMap} map */
function acceptButtons({ digest, lost, moreLost }) {
  const accept = html('button', { type: 'button', class: 'main', id: 'accept' }, 'Accept this map');
  let sure = false;
  accept.addEventListener('click', () => {
    if (!sure) {
      sure = true;
      accept.textContent = `Really accept: ${counted(lost.length + moreLost, 'peer')} will leave`;
      return;
    }
    void ask('/operator/accept', { digest }, () => {
      says = 'Accepted. The node takes it within a second or two.';
    });
  });
  return [html('p', {}, accept)];
}

/**
 * @param {string} path
 * @param {object} body
 * @param {(answer: { proof?: string }) => void} then
 */
async function ask(path, body, then) {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json', ...(proof === undefined ? {} : { 'x-netmap-proof': proof }) },
      body: JSON.stringify(body),
    });
    const content = await answer.json();
    if (answer.ok) then(content);
    else says = String(content.error ?? 'That did not work.');
    if (answer.status === 401) proof = undefined;
  } catch {
    says = 'The node does not answer.';
  }
  draw();
}
