import { Turns } from './turns';

const never = new AbortController().signal;

/** Who has had a turn, in order. */
async function given(turns: Turns, who: readonly string[]): Promise<string[]> {
  const order: string[] = [];
  for (const name of who) void turns.take(name, never).then(() => order.push(name));
  await new Promise((resolve) => setImmediate(resolve));
  return order;
}

test('so many at once, then one for each that is given back', async () => {
  const turns = new Turns(2);
  const order = await given(turns, ['a', 'b', 'c']);
  expect(order).toEqual(['a', 'b']);
  turns.giveBack();
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual(['a', 'b', 'c']);
});

test('who asks for many does not come before who asks for one', async () => {
  const turns = new Turns(1);
  const order = await given(turns, ['a', 'a', 'a', 'a', 'b']);
  for (let count = 0; count < 4; count += 1) {
    turns.giveBack();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(order).toEqual(['a', 'b', 'a', 'a', 'a']);
});

test('who leaves is told so, and holds up nobody', async () => {
  const turns = new Turns(1);
  const controller = new AbortController();
  const first = await turns.take('a', never);
  const leaver = turns.take('b', controller.signal);
  const next = turns.take('c', never);
  expect(turns.isWanted).toBe(true);
  controller.abort();
  turns.giveBack();
  expect([first, await leaver, await next, turns.isWanted]).toEqual([true, false, true, false]);
  expect(await turns.take('d', controller.signal)).toBe(false);
});
