import { ManagementError } from '../management-error';
import { ApplyError, applyChanges, decisionOf, report, type Change } from './change';

/** A change that notes its steps, and fails at those named. */
function change(
  what: string,
  steps: string[],
  failing: Partial<Record<'apply' | 'verify' | 'undo', Error>> = {},
): Change {
  const step = (name: 'apply' | 'verify' | 'undo') => async (): Promise<void> => {
    steps.push(`${name} ${what}`);
    const error = failing[name];
    if (error !== undefined) throw error;
  };
  return {
    kind: 'declare',
    what,
    why: 'test',
    blast: 'nothing',
    apply: step('apply'),
    verify: step('verify'),
    undo: step('undo'),
  };
}

const applied: string[] = [];
const apply = (changes: readonly Change[]): Promise<void> => applyChanges(changes, ({ what }) => applied.push(what));

beforeEach(() => void (applied.length = 0));

test('each change is verified before the next is made', async () => {
  const steps: string[] = [];
  await apply([change('a', steps), change('b', steps)]);
  expect(steps).toEqual(['apply a', 'verify a', 'apply b', 'verify b']);
  expect(applied).toEqual(['a', 'b']);
});

test('what fails is undone with all before it, the last first', async () => {
  const steps: string[] = [];
  const failing = change('c', steps, { apply: new Error('boom') });
  await expect(apply([change('a', steps), change('b', steps), failing, change('d', steps)])).rejects.toMatchObject({
    code: 'APPLY_FAILED',
    message: 'c failed and was undone',
    cause: { message: 'boom' },
  });
  expect(steps.slice(4)).toEqual(['apply c', 'undo c', 'undo b', 'undo a']);
  expect(applied).toEqual(['a', 'b']);
});

test('what the broker took but does not do is undone, and told in its own words', async () => {
  const steps: string[] = [];
  const error = new ApplyError('APPLY_NOT_LIVE', 'it does not have it');
  await expect(apply([change('a', steps, { verify: error })])).rejects.toBe(error);
  expect(steps).toEqual(['apply a', 'verify a', 'undo a']);
});

test('one that cannot be undone keeps none before it from being undone, and both causes are told', async () => {
  const steps: string[] = [];
  const changes = [
    change('a', steps),
    change('b', steps, { undo: new Error('no undo') }),
    change('c', steps, { verify: new Error('no') }),
  ];
  const error = await apply(changes).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'APPLY_UNDO_FAILED',
    decision: 'retry',
    message: 'c failed, and b could not be undone',
  });
  expect((error as { cause: AggregateError }).cause.errors).toMatchObject([{ message: 'no' }, { message: 'no undo' }]);
  expect(steps.slice(-3)).toEqual(['undo c', 'undo b', 'undo a']);
});

test.each([
  ['an answer that did not come', new ManagementError('MANAGEMENT_TIMEOUT', 'x'), 'retry'],
  ['a refusal', new ManagementError('MANAGEMENT_REFUSED', 'x'), 'hold'],
  ['a full disk', Object.assign(new Error('ENOSPC'), { syscall: 'write' }), 'retry'],
  ['what nobody has foreseen', new TypeError('x'), 'hold'],
])('after %s: %s', async (_what, cause, decision) => {
  expect(decisionOf(cause)).toBe(decision);
  await expect(apply([change('a', [], { apply: cause })])).rejects.toMatchObject({ code: 'APPLY_FAILED', decision });
});

test('a report has what is told of a change and nothing else', () => {
  expect(report(change('a', []))).toEqual({ kind: 'declare', what: 'a', why: 'test', blast: 'nothing' });
});
