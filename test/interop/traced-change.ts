import { changeTraces } from '../../sidecar/control/observe/change-tracer';
import { ChangeWay } from '../../sidecar/control/observe/change-way';
import { ManualClock } from '../../sidecar/lib/clock';
import { NetmapError } from '../../sidecar/lib/errors';
import { silentLogger } from '../../sidecar/lib/log';
import type { BrokerPlan } from '../../sidecar/plan/broker-plan';

class SampleError extends NetmapError<'PROOF_FAILED'> {}

const plan = (...names: string[]): BrokerPlan =>
  ({ bridges: names.map((name) => ({ name })) }) as unknown as BrokerPlan;

/** One change that goes live, or fails twice where the second argument is `fails`; then what was logged, as JSON. */
async function main(): Promise<void> {
  const logged: unknown[] = [];
  const note = (message: string, fields?: object): void => void logged.push({ message, ...fields });
  const log = { ...silentLogger, debug: note, warn: note };
  const traces = await changeTraces({ environment: process.env, nodeId: 'DLA', log });
  const clock = new ManualClock(1_000_000);
  const way = new ChangeWay({
    ...{ change: 'ab12cd34', why: 'the map changed', clock, log },
    ...(traces && { trace: traces.trace }),
  });
  await clock.advance(5);
  way.reached('planned');
  await clock.advance(70);
  way.reached('applied');
  if (process.argv[3] === 'fails') {
    way.failed(new SampleError('PROOF_FAILED', 'the broker lets in whom it must not'));
    way.failed(new SampleError('PROOF_FAILED', 'again'));
  } else {
    way.reached('proven');
    way.live(plan('a', 'b'), plan('b', 'c', 'd'), ['one']);
  }
  await traces?.stop();
  const loaded = Object.keys(require.cache).filter((file) => file.includes('@opentelemetry')).length;
  process.stdout.write(JSON.stringify({ logged, loaded }));
}

void main();
