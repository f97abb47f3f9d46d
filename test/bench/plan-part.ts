import { join } from 'node:path';
import { loadConfig } from '../../sidecar/config/load-config';
import { readNodeMaterial } from '../../sidecar/control/node-material';
import { planSettings } from '../../sidecar/control/plan-settings';
import { systemClock } from '../../sidecar/lib/clock';
import { networkView } from '../../sidecar/network/network-view';
import type { Peer } from '../../sidecar/network/peer';
import type { BrokerPlan } from '../../sidecar/plan/broker-plan';
import { planBroker } from '../../sidecar/plan/plan-broker';
import { diffPlans } from '../../sidecar/plan/plan-diff';
import { renderInstance } from '../../sidecar/render/instance';
import type { BenchContext, BenchPart } from './bench-context';
import { figure } from './figures';

const ROUNDS = 7;
/** Connections that are in use: they alone stand in the broker's file. */
const ACTIVE = 50;

/** Plan and render at 1,000 and 10,000 peers, and the difference that one more makes. */
export const planPart: BenchPart = {
  name: 'plan',
  minutes: 5,
  async run(context) {
    context.say('making 10,001 peers');
    const peers = (await context.pool.take(10_001, context.signal)).map(({ peer }) => peer);
    for (const count of [1_000, 10_000]) await measure(context, peers.slice(0, count + 1));
  },
};

async function measure(context: BenchContext, peers: readonly Peer[]): Promise<void> {
  const config = await loadConfig(context.node('apply').files.config);
  const { own, stores } = await readNodeMaterial(config, systemClock);
  const settings = { ...(await planSettings(config)), instance: join(context.folder, 'instance') };
  const count = peers.length - 1;
  const label = `${count.toLocaleString('en-US')} peers`;
  const planOf = (some: readonly Peer[]): BrokerPlan => planBroker(networkView(own, some), settings);
  const few = peers.slice(0, count);
  const planMs: number[] = [];
  const renderMs: number[] = [];
  const diffMs: number[] = [];
  const more = planOf(peers);
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [plan, planTook] = timed(() => planOf(few));
    const [, renderTook] = timed(() => renderInstance(plan, stores, plan.bridges.slice(0, ACTIVE)));
    const [changes, diffTook] = timed(() => diffPlans(plan, more));
    if (changes.length === 0) throw new Error('one more peer made no difference');
    // The first round is compiled on the way.
    if (round === 0) continue;
    planMs.push(planTook);
    renderMs.push(renderTook);
    diffMs.push(diffTook);
  }
  context.add(
    figure(`plan, ${label}`, 'ms', planMs),
    figure(`render, ${label}, ${ACTIVE} active`, 'ms', renderMs),
    figure(
      `plan and render, ${label}`,
      'ms',
      planMs.map((ms, index) => ms + (renderMs[index] ?? 0)),
    ),
    figure(`difference of +1, ${label}`, 'ms', diffMs),
  );
}

function timed<Result>(work: () => Result): [Result, number] {
  const began = performance.now();
  const result = work();
  return [result, performance.now() - began];
}
