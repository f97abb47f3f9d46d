import { NetmapError } from '../lib/errors';

export type PlanErrorCode =
  | 'PLAN_INSTANCE_PATH'
  | 'PLAN_PORT_TWICE'
  | 'PLAN_NAME_TWICE'
  | 'PLAN_MESSAGE_SIZE'
  | 'PLAN_USER_NAME'
  | 'PLAN_FILE_BROKEN'
  | 'PLAN_FILE_VERSION';

/** Settings or a view from which no safe broker can be made, or a kept plan that cannot be read. */
export class PlanError extends NetmapError<PlanErrorCode> {}
