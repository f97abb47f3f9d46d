import type { Bridge } from '../../plan/broker-plan';

/** Two bridges are one when neither the connection nor what it carries differs. */
export function sameBridge(a: Bridge, b: Bridge): boolean {
  if (a === b) return true;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Bridge>;
  // Most of a bridge is text that two plans share: with thousands of them to write it out would take longer.
  return [...keys].every((key) => a[key] === b[key] || JSON.stringify(a[key]) === JSON.stringify(b[key]));
}
