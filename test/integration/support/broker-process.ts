import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrokerEvent } from '../../../sidecar/broker/broker';
import type { BrokerLogRecord } from '../../../sidecar/broker/broker-log';
import { findJava } from '../../../sidecar/broker/java';
import { ManagementConnection } from '../../../sidecar/broker/management-connection';
import { obtainArtemis } from '../../../sidecar/broker/obtain';
import { BrokerProcess, type BrokerProcessOptions } from '../../../sidecar/broker/process';
import { launchCommand, type LaunchSettings } from '../../../sidecar/broker/process-command';
import { PASSWORD, type BrokerInstance } from './broker-instance';

export interface TestBroker {
  readonly broker: BrokerProcess;
  readonly log: BrokerLogRecord[];
  readonly events: BrokerEvent[];
  /** Resolves at the next event of this type. */
  next(type: BrokerEvent['type']): Promise<BrokerEvent>;
}

/** A broker for the instance that is not started yet. */
export async function makeBrokerProcess(
  instance: BrokerInstance,
  options: Partial<BrokerProcessOptions> = {},
): Promise<TestBroker> {
  const log: BrokerLogRecord[] = [];
  const events: BrokerEvent[] = [];
  const broker = new BrokerProcess({
    launch: await launchSettings(instance),
    management: manage(instance),
    listens: [instance.listen],
    onLog: (record) => log.push(record),
    backoff: { min: 100, max: 1_000 },
    ...options,
  });
  broker.subscribe((event) => events.push(event));
  return { broker, log, events, next: (type) => nextEvent(broker, type) };
}

export async function launchSettings(instance: BrokerInstance): Promise<LaunchSettings> {
  const { env } = process;
  return {
    home: await obtainArtemis({ env }),
    java: await findJava({ env }),
    instance: instance.folder,
    properties: instance.properties,
    heap: { max: 512 },
    jvmOptions: ['-XX:TieredStopAtLevel=1'],
  };
}

/** Has a process start the broker and end without a word; answers the broker's process number. */
export async function leaveBroker(settings: LaunchSettings): Promise<number> {
  const { command, args } = launchCommand(settings, process.env);
  const script = `
    const child = require('node:child_process').spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, { detached: true, stdio: 'ignore' });
    const text = child.pid + ' ' + process.pid;
    require('node:fs').writeFileSync(${JSON.stringify(join(settings.instance, 'broker.pid'))}, text);
    child.unref();
    console.log(child.pid);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return Number(stdout);
}

export function manage(instance: BrokerInstance, user = 'sidecar', password = PASSWORD): ManagementConnection {
  return new ManagementConnection({ address: instance.listen, user, password, tls: instance.tls });
}

function nextEvent(broker: BrokerProcess, type: BrokerEvent['type']): Promise<BrokerEvent> {
  return new Promise((resolve) => {
    const end = broker.subscribe((event) => {
      if (event.type !== type) return;
      end();
      resolve(event);
    });
  });
}
