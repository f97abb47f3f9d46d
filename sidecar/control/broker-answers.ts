import type { Broker } from '../broker/broker';
import type { Reconciler } from '../broker/reconcile/reconciler';

/** Whether a broker runs with files of ours, and lets this node manage it. */
export async function doesAnswer(
  { operations }: Pick<Broker, 'operations'>,
  reconciler: Pick<Reconciler, 'hasFiles'>,
): Promise<boolean> {
  if (!(await reconciler.hasFiles())) return false;
  return operations.version().then(
    () => true,
    () => false,
  );
}
