import { AccessError } from '../../broker/amqp/access-error';

/** An error in reaching the own broker, with what helps where none runs; any other one as it is. */
export function notRunning(error: unknown, configFile: string): unknown {
  if (!(error instanceof AccessError) || error.code !== 'ACCESS_UNREACHABLE') return error;
  return new AccessError(error.code, `the broker of this node does not run: ${error.message}`, {
    remedy: `start it: netmap run --config ${configFile}`,
    decision: 'retry',
    cause: error.cause,
  });
}
