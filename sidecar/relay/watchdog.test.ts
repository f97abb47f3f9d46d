import { ManualClock } from '../lib/clock';
import { Watchdog } from './watchdog';

function watch(expects = (): boolean => true): { clock: ManualClock; dog: Watchdog; silences: number[] } {
  const clock = new ManualClock();
  const silences: number[] = [];
  const dog = new Watchdog({ clock, ms: 45_000, expects, onSilence: () => silences.push(clock.now()) });
  return { clock, dog, silences };
}

test('tells of silence once, after a second look', async () => {
  const { clock, silences } = watch();
  await clock.advance(45_999);
  expect(silences).toEqual([]);
  await clock.advance(500_000);
  expect(silences).toEqual([46_000]);
});

test('any sign makes time begin anew', async () => {
  const { clock, dog, silences } = watch();
  await clock.advance(40_000);
  dog.touch();
  await clock.advance(45_000);
  expect(silences).toEqual([]);
  await clock.advance(1_000);
  expect(silences).toEqual([86_000]);
});

test('what was unread during a stall of this process counts', async () => {
  const { clock, dog, silences } = watch();
  await clock.advance(45_000);
  dog.touch();
  await clock.advance(45_000);
  expect(silences).toEqual([]);
});

test('no sign is expected while nothing is asked, nor after the end', async () => {
  let asked = false;
  const { clock, dog, silences } = watch(() => asked);
  await clock.advance(500_000);
  asked = true;
  dog.touch();
  await clock.advance(45_000);
  dog.stop();
  await clock.advance(500_000);
  expect(silences).toEqual([]);
});
