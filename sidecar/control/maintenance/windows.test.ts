import fc from 'fast-check';
import { DAYS, type MaintenanceWindowConfig } from '../../config/config';
import { wallClock } from '../../lib/wall-clock';
import { maintenanceWindows, type MaintenanceWindows } from './windows';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;
const at = (text: string): number => Date.parse(text);

function windows(from: string, until: string, timeZone = 'UTC', days: MaintenanceWindowConfig['days'] = DAYS) {
  return maintenanceWindows([{ days, from, until, timeZone }]);
}

/** When it opens and closes, found by a look at every minute. */
function changes(of: MaintenanceWindows, begin: string, ms: number): string[] {
  const found: string[] = [];
  for (let time = at(begin); time < at(begin) + ms; time += MINUTE) {
    const [was, is] = [of.isOpen(time - MINUTE), of.isOpen(time)];
    if (was !== is) found.push(`${is ? 'opens' : 'closes'} ${new Date(time).toISOString().slice(0, 16)}`);
  }
  return found;
}

test('opens and closes on its days, by its zone', () => {
  expect(changes(windows('02:00', '04:00', 'Europe/Zurich', ['sat', 'sun']), '2026-01-05T00:00Z', WEEK)).toEqual([
    'opens 2026-01-10T01:00',
    'closes 2026-01-10T03:00',
    'opens 2026-01-11T01:00',
    'closes 2026-01-11T03:00',
  ]);
});

test('one over midnight is of the day on which it begins', () => {
  const weekend = windows('22:00', '02:00', 'America/New_York', ['sun']);
  expect(changes(weekend, '2026-01-05T12:00Z', WEEK)).toEqual(['opens 2026-01-12T03:00', 'closes 2026-01-12T07:00']);
});

test('a whole day, and every day', () => {
  expect(changes(windows('00:00', '24:00', 'UTC', ['wed']), '2026-01-05T00:00Z', WEEK)).toEqual([
    'opens 2026-01-07T00:00',
    'closes 2026-01-08T00:00',
  ]);
  expect(changes(windows('00:00', '24:00'), '2026-01-05T00:00Z', WEEK)).toEqual([]);
});

describe('where the clocks are changed', () => {
  // Europe/Zurich: on 29 March 2026 from 02:00 to 03:00, on 25 October from 03:00 back to 02:00; both at 01:00 UTC.
  const day = (from: string, until: string, begin: string): string[] =>
    changes(windows(from, until, 'Europe/Zurich'), begin, 24 * HOUR);

  test('forward: it opens later where its beginning is skipped, and not where all of it is', () => {
    expect(day('02:00', '04:00', '2026-03-28T23:00Z')).toEqual(['opens 2026-03-29T01:00', 'closes 2026-03-29T02:00']);
    expect(day('01:00', '02:30', '2026-03-28T23:00Z')).toEqual(['opens 2026-03-29T00:00', 'closes 2026-03-29T01:00']);
    expect(day('02:00', '03:00', '2026-03-28T23:00Z')).toEqual([]);
  });

  test('back: the hour that clocks show twice counts twice', () => {
    expect(day('02:00', '04:00', '2026-10-24T22:00Z')).toEqual(['opens 2026-10-25T00:00', 'closes 2026-10-25T03:00']);
    expect(day('02:00', '02:30', '2026-10-24T22:00Z')).toEqual([
      'opens 2026-10-25T00:00',
      'closes 2026-10-25T00:30',
      'opens 2026-10-25T01:00',
      'closes 2026-10-25T01:30',
    ]);
  });

  test('one that is skipped on its only day opens a week later', () => {
    const sundays = windows('02:15', '02:45', 'Europe/Zurich', ['sun']);
    expect(sundays.nextOpening(at('2026-03-23T00:00Z'))).toBe(at('2026-04-05T00:15Z'));
  });
});

test('of several the first counts', () => {
  const [early, late] = [
    { days: ['mon'], from: '01:00', until: '02:00', timeZone: 'UTC' },
    { days: ['sun'], from: '23:00', until: '24:00', timeZone: 'Asia/Kolkata' },
  ] as const;
  const both = maintenanceWindows([early, late]);
  expect(both.nextOpening(at('2026-01-10T00:00Z'))).toBe(at('2026-01-11T17:30Z'));
  expect(both.nextOpening(at('2026-01-11T18:30Z'))).toBe(at('2026-01-12T01:00Z'));
  expect(maintenanceWindows([]).nextOpening(0)).toBeUndefined();
});

test('the next opening is the first minute that is open, in every zone, near every change of the clocks', () => {
  const zones = [
    'Europe/Zurich',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'UTC',
    'America/St_Johns',
  ];
  const changed = [
    '2026-03-29T01:00Z',
    '2026-10-25T01:00Z',
    '2026-03-08T07:00Z',
    '2026-11-01T06:00Z',
    '2026-04-04T15:00Z',
  ];
  const minute = fc.integer({ min: 0, max: 24 * 12 - 1 }).map((five) => {
    return `${String(Math.floor(five / 12)).padStart(2, '0')}:${String((five % 12) * 5).padStart(2, '0')}`;
  });
  const config = fc
    .record({
      days: fc.subarray([...DAYS], { minLength: 4 }),
      ...{ from: minute, until: minute, timeZone: fc.constantFrom(...zones) },
    })
    .filter(({ from, until }) => from !== until);
  const start = fc.tuple(fc.constantFrom(...changed), fc.integer({ min: -36 * 60, max: 12 * 60 }));
  fc.assert(
    fc.property(config, start, (one, [change, minutes]) => {
      const of = maintenanceWindows([one]);
      const now = at(change) + minutes * MINUTE;
      if (of.isOpen(now)) return;
      let first = now;
      while (!of.isOpen(first)) first += MINUTE;
      expect(of.nextOpening(now)).toBe(first);
    }),
    { numRuns: 40 },
  );
});

test('clocks on the wall show midnight as 00:00, and seconds', () => {
  const shown = (zone: string, text: string): string => new Date(wallClock(zone)(at(text))).toISOString();
  expect(shown('Europe/Zurich', '2026-01-01T23:00:07Z')).toBe('2026-01-02T00:00:07.000Z');
  expect(shown('America/New_York', '2026-07-01T03:30:00Z')).toBe('2026-06-30T23:30:00.000Z');
});
