import { DAY_MS, forecast, verdictOf, type SightedCertificate } from './forecast';

const START = Date.UTC(2030, 0, 1);

function sighted(subject: string, fromDay: number, toDay: number): SightedCertificate {
  const [notBefore, notAfter] = [START + fromDay * DAY_MS, START + toDay * DAY_MS];
  const certificate = { serial: '1', fingerprint: subject, notBefore, notAfter };
  return { role: 'tls', subject, from: 'a file', certificate };
}

test('one certificate through all its days', () => {
  const [one] = [sighted('O=A', 10, 100)];
  const seen = Array.from({ length: 110 }, (_, day) => {
    const [found] = forecast([one], { now: START + day * DAY_MS, withinMs: 30 * DAY_MS });
    return found?.verdict;
  });
  const days = (verdict: string): number[] => seen.flatMap((each, day) => (each === verdict ? [day] : []));
  expect([days('not-yet-valid').at(0), days('not-yet-valid').at(-1)]).toEqual([0, 9]);
  expect([days('good').at(0), days('good').at(-1)]).toEqual([10, 69]);
  // Valid at both ends.
  expect([days('expiring').at(0), days('expiring').at(-1)]).toEqual([70, 100]);
  expect([days('expired').at(0), days('expired').at(-1)]).toEqual([101, 109]);
});

test('what ends first comes first, with whole days left', () => {
  const found = forecast([sighted('O=B', 0, 40), sighted('O=C', 0, 5), sighted('O=A', 0, 40)], {
    now: START + 6 * DAY_MS - 1,
    withinMs: 0,
  });
  expect(found.map(({ subject, daysLeft, verdict }) => [subject, daysLeft, verdict])).toEqual([
    ['O=C', -1, 'expired'],
    ['O=A', 34, 'good'],
    ['O=B', 34, 'good'],
  ]);
});

test('revoked is worse than everything else', () => {
  const { certificate } = sighted('O=A', 0, 5);
  const isRevoked = ({ fingerprint }: { readonly fingerprint: string }): boolean => fingerprint === 'O=A';
  expect(verdictOf(certificate, { now: START + 9 * DAY_MS, withinMs: 0, isRevoked })).toBe('revoked');
  expect(verdictOf({ ...certificate, fingerprint: 'other' }, { now: START, withinMs: 0, isRevoked })).toBe('good');
});
