import { createHash } from 'node:crypto';
import { settingsOf, viewOf, type GoldenInput } from '../../test/golden/dialect';
import { loadBaseSettings } from '../config/base-settings';
import type { BrokerPlan } from './broker-plan';
import { planBroker } from './plan-broker';
import { PlanError } from './plan-error';
import { parsePlan, PLAN_VERSION, serialisePlan } from './plan-json';

const INPUT: GoldenInput = {
  peers: ['O="Bob, Sons", L=Zürich, C=CH @ b:1, [2001:db8::1]:2 | service O=Notary, L=Zurich, C=CH'],
  users: ['carol'],
};
let plan: BrokerPlan;
let text: string;
beforeAll(async () => {
  plan = planBroker(viewOf(INPUT), settingsOf(INPUT, await loadBaseSettings()));
  text = serialisePlan(plan);
});

test('a plan comes back as it was', () => {
  expect(parsePlan(text)).toEqual(plan);
});

function codeOf(kept: string): string | undefined {
  try {
    parsePlan(kept);
    return undefined;
  } catch (error) {
    return error instanceof PlanError ? error.code : String(error);
  }
}

test('a file that is cut short is refused, wherever it ends', () => {
  const from = text.indexOf('\n');
  for (const end of [0, 1, from - 1, from, from + 1, from + 100, text.length - 3, text.length - 2]) {
    expect([end, codeOf(text.slice(0, end))]).toEqual([end, 'PLAN_FILE_BROKEN']);
  }
});

test('a file that was changed, or is of something else, is refused', () => {
  expect(codeOf(text.replace('carol', 'carla'))).toBe('PLAN_FILE_BROKEN');
  expect(codeOf(`${text}more`)).toBe('PLAN_FILE_BROKEN');
  expect(codeOf(`[]\n${text}`)).toBe('PLAN_FILE_BROKEN');
  expect(codeOf('null\n')).toBe('PLAN_FILE_BROKEN');
  expect(codeOf('{"version":1}\n{}\n')).toBe('PLAN_FILE_BROKEN');
  expect(codeOf('\u0000'.repeat(1000))).toBe('PLAN_FILE_BROKEN');
});

test('a plan of another version is refused as such', () => {
  const other = text.replace(`"version":${PLAN_VERSION}`, `"version":${PLAN_VERSION + 1}`);
  expect(codeOf(other)).toBe('PLAN_FILE_VERSION');
});

test('the version goes with the names and types of what a plan holds', () => {
  const shapes = new Set<string>();
  collect(plan, '', shapes);
  const shape = createHash('sha256')
    .update([...shapes].sort().join('\n'))
    .digest('hex')
    .slice(0, 16);
  // Another shape here: raise PLAN_VERSION, then write the new one down.
  expect({ version: PLAN_VERSION, shape }).toEqual({ version: 2, shape: 'ca5ec5eb2de1d17b' });
});

function collect(value: unknown, path: string, shapes: Set<string>): void {
  if (typeof value !== 'object' || value === null) {
    shapes.add(`${path}: ${typeof value}`);
    return;
  }
  for (const [name, part] of Object.entries(value))
    collect(part, `${path}.${Array.isArray(value) ? '*' : name}`, shapes);
}
