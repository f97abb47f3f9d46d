import type { Certificate } from '../certificates/certificate';
import { needersOf } from '../control/certificates/rollover/drop-root';
import type { RolloverRoot, RolloverState, RolloverStatus } from '../control/certificates/rollover/rollover-status';
import { isNeeded } from '../control/certificates/rollover/root-needs';
import { SHORT } from '../control/certificates/rollover/roots-file';
import { table } from './output';

const NEXT: Readonly<Record<RolloverState, string>> = {
  none: 'no roll-over is under way',
  'trust-new': 'the new root is trusted. Next, when every node trusts it: netmap certificates rollover use',
  'use-new': 'this node uses the new root. Next, when nothing needs the old one: netmap certificates rollover drop',
  'drop-old':
    'nothing in sight needs the old root. Next, when that is so for every node: netmap certificates rollover drop',
};

/** Where the node stands, each root, and what would be lost without it. */
export function rolloverText({ state, roots }: RolloverStatus): string {
  const rows = roots.map(({ fingerprint, subject, notAfter, isNewest }) => [
    fingerprint.slice(0, SHORT),
    isNewest && roots.length > 1 ? 'new' : '',
    new Date(notAfter).toISOString().slice(0, 10),
    subject,
  ]);
  const needs = roots.length > 1 ? roots.map(needText) : [];
  return [`${state}: ${NEXT[state]}`, table(['ROOT', '', 'UNTIL', 'SUBJECT'], rows), ...needs].join('\n');
}

function needText(root: RolloverRoot): string {
  const short = root.fingerprint.slice(0, SHORT);
  if (!isNeeded(root)) return `${short}: nothing in sight needs it`;
  const others = needersOf(root);
  return `${short}: needed by ${[...(root.own === undefined ? [] : ['this node']), ...(others === '' ? [] : [others])].join(', ')}`;
}

/** A root in one line. */
export function shownRoot({ fingerprint, subject }: Certificate): string {
  return `${fingerprint.slice(0, SHORT)} (${subject.toCorda()})`;
}
