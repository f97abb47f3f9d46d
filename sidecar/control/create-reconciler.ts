import type { Broker } from '../broker/broker';
import { log4j2Properties } from '../broker/broker-log';
import { validateBrokerXml } from '../broker/broker-xml-schema';
import { createProver } from '../broker/probe/prover';
import type { Prove } from '../broker/probe/proven-again';
import { checkShownCertificates } from '../broker/probe/shown-certificates';
import { InstanceFiles } from '../broker/reconcile/instance-files';
import { Reconciler } from '../broker/reconcile/reconciler';
import type { Config } from '../config/config';
import type { RenderedFile } from '../render/rendered-file';
import { storesBefore } from './certificates/installed-stores';
import type { CreatedBroker } from './create-broker';
import type { NodeMaterial } from './node-material';

/** A broker that was just started is slow to answer for the first time. */
const PROBE_MS = 15_000;

/** What changes the broker; restarts it too where it is ours. */
export function createReconciler(config: Config, { broker, home }: CreatedBroker): Reconciler {
  return new Reconciler({
    operations: broker.operations,
    files: new InstanceFiles(config.broker.instance, broker.kind === 'attached'),
    fixedFiles: fixedFiles(),
    validate: async (xml) => (home === undefined ? [] : validateBrokerXml(xml, `${home}/schema`)),
    checkShown: ({ plan, stores }) =>
      checkShownCertificates({ plan, stores, host: config.management.host, timeoutMs: PROBE_MS }),
    ...(broker.kind === 'embedded' ? { restart: () => broker.restart() } : { storesBefore: storesBefore(config) }),
  });
}

/** What proves a change by use. */
export function createProve(config: Config, material: NodeMaterial, broker: Broker): Prove {
  return (plan, before) => {
    const { nodeKey: key, nodeChain: chain, ownCertificate } = material.stores;
    const prove = createProver({
      operations: broker.operations,
      key,
      chain,
      ownCertificate,
      host: config.management.host,
      timeoutMs: PROBE_MS,
    });
    return prove(plan, before);
  };
}

function fixedFiles(): RenderedFile[] {
  return [{ path: 'etc/log4j2.properties', content: log4j2Properties(), effect: 'none', secret: false }];
}
