import { ManualClock } from '../../lib/clock';
import { ReplyRoom } from './reply-room';

const MEBIBYTE = 1_048_576;

function roomUnderTest() {
  const clock = new ManualClock();
  const room = new ReplyRoom(clock);
  const answers: (boolean | undefined)[] = [];
  const ask = async (user: string, bytes = 1): Promise<void> => {
    const index = answers.push(undefined) - 1;
    void room.enter(user, bytes).then((answer) => (answers[index] = answer));
    await clock.advance(0);
  };
  return { clock, room, ask, answers };
}

test('one reply of any size has room; more wait for room, and get it in turn', async () => {
  const { room, ask, answers, clock } = roomUnderTest();
  await ask('alice', 5 * MEBIBYTE);
  await ask('alice', MEBIBYTE);
  await ask('alice', MEBIBYTE);
  expect(answers).toEqual([true, undefined, undefined]);
  room.leave('alice', 5 * MEBIBYTE, true);
  await clock.advance(0);
  expect(answers).toEqual([true, true, undefined]);
  room.leave('alice', MEBIBYTE, true);
  await clock.advance(0);
  expect(answers).toEqual([true, true, true]);
});

test('not more than 100 replies of one user; the others have room of their own', async () => {
  const { ask, answers } = roomUnderTest();
  for (let count = 0; count < 101; count += 1) await ask('alice');
  expect(answers.slice(98)).toEqual([true, true, undefined]);
  await ask('bob');
  expect(answers.at(-1)).toBe(true);
});

test('who does not read is waited for once, a second long, until a reply of his is stored', async () => {
  const { room, ask, answers, clock } = roomUnderTest();
  await ask('alice', MEBIBYTE);
  await ask('alice');
  await clock.advance(999);
  expect(answers).toEqual([true, undefined]);
  await clock.advance(1);
  expect(answers).toEqual([true, false]);
  await ask('alice');
  expect(answers.at(-1)).toBe(false);
  // Given up: that is no sign of life.
  room.leave('alice', MEBIBYTE, false);
  await ask('alice', MEBIBYTE);
  await ask('alice');
  expect(answers.slice(3)).toEqual([true, false]);
  room.leave('alice', MEBIBYTE, true);
  await ask('alice', MEBIBYTE);
  await ask('alice');
  expect(answers.slice(5)).toEqual([true, undefined]);
});

test('who is slow and reads is waited for', async () => {
  const { room, ask, answers, clock } = roomUnderTest();
  for (let count = 0; count < 5; count += 1) await ask('alice', MEBIBYTE);
  for (let count = 1; count < 5; count += 1) {
    await clock.advance(900);
    room.leave('alice', MEBIBYTE, true);
    await clock.advance(0);
    expect(answers.filter((answer) => answer === true)).toHaveLength(count + 1);
  }
});
