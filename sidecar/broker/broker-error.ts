import { NetmapError, type ErrorDetail } from '../lib/errors';

/**
 * BROKER_MISSING: no broker was found and none could be fetched. BROKER_TOO_OLD, BROKER_HOME_DAMAGED: the installation
 * cannot be used. BROKER_ARCHIVE_INVALID: what was fetched is not the expected archive.
 * BROKER_PORT_IN_USE, BROKER_ADDRESS_UNUSABLE: it cannot listen there. BROKER_ALREADY_RUNNING, BROKER_INSTANCE_LOCKED:
 * another broker works on the same instance folder. BROKER_START_FAILED: it ended before it was ready.
 * BROKER_OUT_OF_MEMORY: as before, since its heap is too small. BROKER_NOT_READY: management did not answer in time. BROKER_NOT_OURS: it runs elsewhere and cannot be restarted here.
 * BROKER_STOPPED: it was stopped before it was ready.
 */
export type BrokerErrorCode =
  | 'BROKER_MISSING'
  | 'BROKER_TOO_OLD'
  | 'BROKER_HOME_DAMAGED'
  | 'BROKER_ARCHIVE_INVALID'
  | 'BROKER_PORT_IN_USE'
  | 'BROKER_ADDRESS_UNUSABLE'
  | 'BROKER_ALREADY_RUNNING'
  | 'BROKER_INSTANCE_LOCKED'
  | 'BROKER_START_FAILED'
  | 'BROKER_OUT_OF_MEMORY'
  | 'BROKER_NOT_READY'
  | 'BROKER_NOT_OURS'
  | 'BROKER_STOPPED';

export class BrokerError extends NetmapError<BrokerErrorCode> {
  constructor(code: BrokerErrorCode, message: string, detail: ErrorDetail = {}) {
    super(code, message, detail);
  }
}
