import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { NODE_METRICS } from '../sidecar/control/node-metric-list';
import { packageRoot } from '../sidecar/lib/package-root';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface RuleTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const alerts = join(packageRoot(), 'deploy/alerts');
const read = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');
const { groups } = parse(read('deploy/alerts/netmap.yaml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap(({ rules: all }) => all);
const names = rules.map(({ alert }) => alert);

const known = new Set(NODE_METRICS.map(({ name }) => `netmap_${name}`));
const unknownIn = (text: string): string[] => (text.match(/netmap_[a-z_]+/g) ?? []).filter((name) => !known.has(name));

test('every metric of an alert is one', () => {
  expect(unknownIn(rules.map(({ expr }) => expr).join('\n'))).toEqual([]);
  expect(unknownIn('rate(netmap_nonsense[5m]) + netmap_broker_ready')).toEqual(['netmap_nonsense']);
});

test('each alert has its chapter in docs/operations.md and names it, and no chapter is without an alert', () => {
  const chapters = [...read('docs/operations.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  expect(chapters).toEqual(names);
  for (const { alert, annotations, labels } of rules) {
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    expect(['critical', 'warning']).toContain(labels.severity);
  }
});

test('each alert has a test in which it fires, and one in which it does not', () => {
  const { tests } = parse(read('deploy/alerts/netmap.test.yaml')) as { tests: RuleTest[] };
  const found = tests.flatMap(({ alert_rule_test: all }) =>
    all.map(({ alertname, exp_alerts: expected }) => `${alertname} ${expected.length > 0 ? 'fires' : 'is quiet'}`),
  );
  expect(found.sort()).toEqual(names.flatMap((name) => [`${name} fires`, `${name} is quiet`]).sort());
});

describe('in the eyes of promtool', () => {
  const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd: alerts, encoding: 'utf8' });
  const missing = promtool('--version').error !== undefined;
  const ask = missing ? test.skip : test;
  const why = missing ? ' [needs promtool on the PATH; it comes with the package prometheus]' : '';

  ask(`the rules are in order${why}`, () => {
    expect(promtool('check', 'rules', 'netmap.yaml')).toMatchObject({ status: 0 });
  });

  ask(`each fires when it should, with the words that it should, and not otherwise${why}`, () => {
    const { status, stdout, stderr } = promtool('test', 'rules', 'netmap.test.yaml');
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

describe('the dashboard', () => {
  const dashboard = JSON.parse(read('deploy/grafana/netmap.json')) as { panels: Panel[]; uid: string };

  test('asks for metrics that there are, and for each of them', () => {
    const text = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n');
    expect(unknownIn(text)).toEqual([]);
    expect([...known].filter((name) => !text.includes(name))).toEqual([]);
  });

  test('has no two panels in one place', () => {
    const { panels } = dashboard;
    const overlapping = panels.flatMap(({ id, title, gridPos: a }) =>
      panels
        .filter(({ id: other, gridPos: b }) => {
          return id < other && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
        })
        .map((other) => `${title} and ${other.title}`),
    );
    expect(overlapping).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  const promtool = spawnSync('promtool', ['--version']).error === undefined;
  (promtool ? test : test.skip)(`its questions are PromQL${promtool ? '' : ' [needs promtool]'}`, () => {
    const rulesOf = dashboard.panels.flatMap(({ id, targets }) =>
      targets.map(({ expr }, at) => ({ record: `panel:${id}:${at}`, expr: expr.replaceAll('$__rate_interval', '5m') })),
    );
    const folder = mkdtempSync(join(tmpdir(), 'netmap-rules-'));
    const file = join(folder, 'dashboard.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: rulesOf }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });
});
