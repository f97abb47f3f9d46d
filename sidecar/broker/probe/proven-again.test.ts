import type { BrokerPlan } from '../../plan/broker-plan';
import { ProbeError, type ProbeErrorCode } from './probe-error';
import { provenAgain } from './proven-again';

const PLAN = {} as BrokerPlan;

/** A proof that fails with these codes one after the other, and then holds. */
function failing(...codes: ProbeErrorCode[]) {
  return jest.fn(async () => {
    const code = codes.shift();
    if (code !== undefined) throw new ProbeError(code, 'as told', { decision: 'retry' });
    return Promise.resolve();
  });
}

test('a proof that holds is done once', async () => {
  const prove = failing();
  await provenAgain(prove)(PLAN, undefined);
  expect(prove).toHaveBeenCalledTimes(1);
});

test('a probe that was lost is tried once more, with the same plans', async () => {
  const prove = failing('PROBE_LOST');
  await provenAgain(prove)(PLAN, PLAN);
  expect(prove.mock.calls).toEqual([
    [PLAN, PLAN],
    [PLAN, PLAN],
  ]);
});

test('lost twice it counts', async () => {
  await expect(provenAgain(failing('PROBE_LOST', 'PROBE_LOST'))(PLAN, undefined)).rejects.toMatchObject({
    code: 'PROBE_LOST',
  });
});

test('any other outcome counts at once', async () => {
  const prove = failing('PROBE_ALLOWED');
  await expect(provenAgain(prove)(PLAN, undefined)).rejects.toMatchObject({ code: 'PROBE_ALLOWED' });
  expect(prove).toHaveBeenCalledTimes(1);
});
