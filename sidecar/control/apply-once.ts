import type { BrokerOperations } from '../broker/operations';
import { ManagementError } from '../broker/management-error';
import { refuseOldVersion } from '../broker/obtain-home';
import type { ChangeReport } from '../broker/reconcile/change';
import type { Reconciler, WantedBroker } from '../broker/reconcile/reconciler';
import type { Config } from '../config/config';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { Bridge, BrokerPlan } from '../plan/broker-plan';
import { createBroker } from './create-broker';
import { createProve, createReconciler } from './create-reconciler';
import { NodeError } from './node-error';
import { previewPlan, type PlanPreview } from './preview-plan';
import { StateFolder } from './state-folder';

export interface ApplyInput {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Applied {
  readonly preview: PlanPreview;
  /** `live`: changed and proven. `prepared`: the broker does not run; its files are written for its next start. */
  readonly outcome: 'live' | 'prepared';
  /** What was done to the broker. */
  readonly done: readonly ChangeReport[];
  readonly tookMs: number;
}

/** A broker that runs answers sooner; one that does not is not waited for. */
const ANSWER_MS = 10_000;

/**
 * Brings a broker that runs elsewhere to what map and settings ask for now, and proves it; once, with no sidecar running.
 * Throws NodeError NODE_IN_USE while one runs and NODE_EMBEDDED where the broker is the sidecar's own child, ApplyError
 * or ProbeError when the broker does not become what it must be: then it is as before.
 */
export async function applyOnce(input: ApplyInput): Promise<Applied> {
  const { config, clock } = input;
  if (config.broker.mode === 'embedded') {
    throw new NodeError(
      'NODE_EMBEDDED',
      `the broker of ${config.file} is run by its sidecar, which applies by itself`,
      {
        remedy: `run it: netmap run --config ${config.file}; what it would change: netmap plan`,
      },
    );
  }
  const began = clock.now();
  const state = new StateFolder(config.state);
  await state.acquire(process.pid);
  try {
    const preview = await previewPlan(config, clock);
    await state.writeSerials(preview.snapshot.serials);
    const { broker, home } = await createBroker({ ...input, material: preview.material });
    try {
      const reconciler = createReconciler(config, { broker, ...(home === undefined ? {} : { home }) });
      if (!(await answers(broker.operations))) {
        await reconciler.prepare(wanted(preview, preview.plan, []));
        return { preview, outcome: 'prepared', done: [], tookMs: clock.now() - began };
      }
      const before = await state.readApplied();
      const done = await change({ preview, before, reconciler, operations: broker.operations }, () =>
        createProve(config, preview.material, broker)(preview.plan, before),
      );
      await state.writeApplied(preview.plan);
      return { preview, outcome: 'live', done, tookMs: clock.now() - began };
    } finally {
      await broker.stop();
    }
  } finally {
    await state.release();
  }
}

interface Work {
  readonly preview: PlanPreview;
  readonly before: BrokerPlan | undefined;
  readonly reconciler: Reconciler;
  readonly operations: BrokerOperations;
}

/** The connections that the broker has stay; those of peers that leave or change are stopped before their permission goes. */
async function change(work: Work, prove: () => Promise<void>): Promise<ChangeReport[]> {
  const { preview, before, reconciler, operations } = work;
  const connections = await operations.brokerConnections();
  const names = new Set(connections.map(({ name }) => name));
  const old = bridgesByName(before);
  const current = bridgesByName(preview.plan);
  const stopped = connections
    .filter(({ name, started }) => started && !(current.has(name) && same(old.get(name), current.get(name))))
    .map(({ name }) => name);
  for (const name of stopped) await operations.stopBrokerConnection(name);
  const active = preview.plan.bridges.filter(({ name }) => names.has(name));
  try {
    const done = await reconciler.apply(wanted(preview, preview.plan, active), 'netmap apply');
    await prove();
    await startAgain(operations, stopped);
    return done;
  } catch (error) {
    if (before !== undefined) {
      const previous = before.bridges.filter(({ name }) => names.has(name));
      await reconciler.apply(wanted(preview, before, previous), 'the proof failed');
      await startAgain(operations, stopped);
    }
    throw error;
  }
}

async function startAgain(operations: BrokerOperations, stopped: readonly string[]): Promise<void> {
  const names = new Set((await operations.brokerConnections()).map(({ name }) => name));
  for (const name of stopped) if (names.has(name)) await operations.startBrokerConnection(name);
}

function bridgesByName(plan: BrokerPlan | undefined): Map<string, Bridge> {
  return new Map(plan?.bridges.map((bridge) => [bridge.name, bridge]));
}

/** A connection of which nothing was kept is taken for what the plan says. */
function same(old: Bridge | undefined, current: Bridge | undefined): boolean {
  return old === undefined || JSON.stringify(old) === JSON.stringify(current);
}

function wanted({ material }: PlanPreview, plan: BrokerPlan, active: readonly Bridge[]): WantedBroker {
  return { plan, stores: material.stores, active };
}

async function answers(operations: BrokerOperations): Promise<boolean> {
  try {
    const version = await operations.management.invoke('broker', 'getVersion', [], { timeout: ANSWER_MS });
    refuseOldVersion(String(version), 'The broker');
    return true;
  } catch (error) {
    if (!(error instanceof ManagementError) || error.code === 'MANAGEMENT_NOT_ALLOWED') throw error;
    return false;
  }
}
