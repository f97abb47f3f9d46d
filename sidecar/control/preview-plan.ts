import type { Config } from '../config/config';
import type { Clock } from '../lib/clock';
import { networkView } from '../network/network-view';
import type { BrokerPlan } from '../plan/broker-plan';
import { planBroker } from '../plan/plan-broker';
import type { PlanChange } from '../plan/plan-change';
import { diffPlans } from '../plan/plan-diff';
import type { MapSnapshot } from '../sources/source';
import { readNodeMaterial, type NodeMaterial } from './node-material';
import { planSettings, settingsUnder } from './plan-settings';
import { readMap } from './read-map';
import { StateFolder } from './state-folder';

/** What the map and the settings ask for now, and how that differs from what is live. */
export interface PlanPreview {
  readonly material: NodeMaterial;
  readonly snapshot: MapSnapshot;
  readonly plan: BrokerPlan;
  /** From the plan that was live last; everything where there was none. */
  readonly changes: readonly PlanChange[];
}

/**
 * Plans without touching anything.
 * Throws ConfigError, NodeError, NodeInfoError or PlanError: what keeps this node from a plan.
 */
export async function previewPlan(config: Config, clock: Clock): Promise<PlanPreview> {
  const material = await readNodeMaterial(config, clock);
  const state = new StateFolder(config.state);
  const snapshot = await readMap({ config, material, state, clock });
  const peers = snapshot.peers.map(({ peer }) => peer);
  const settings = settingsUnder(snapshot, await planSettings(config, material));
  const plan = planBroker(networkView(material.own, peers), settings);
  return { material, snapshot, plan, changes: diffPlans(await state.readApplied(), plan) };
}
