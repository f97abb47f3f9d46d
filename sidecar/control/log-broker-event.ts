import type { BrokerEvent } from '../broker/broker';
import { logTransition, type Logger } from '../lib/log';

/** One line for each turn of a broker's life. */
export function logBrokerEvent(log: Logger, event: BrokerEvent): void {
  const subject = 'broker';
  if (event.type === 'ready') {
    const reason = `${event.version} after ${event.afterMs} ms`;
    logTransition(log, { subject, from: 'starting', to: 'ready', reason });
  } else if (event.type === 'exited') {
    const reason = `exit code ${event.code ?? '-'}, signal ${event.signal ?? '-'}`;
    logTransition(log, { subject, from: 'ready', to: 'stopped', reason }, event.expected ? 'info' : 'error');
  } else if (event.type === 'lost') {
    logTransition(log, { subject, from: 'ready', to: 'lost', reason: event.reason }, 'error');
  } else if (event.type === 'failed') {
    log.error('the broker could not be started', { error: event.error });
  }
}
