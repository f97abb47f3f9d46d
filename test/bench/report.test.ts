import { figure } from './figures';
import { digits, table } from './report';

test('a figure is a row of its part, with its spread and whether its aim is met', () => {
  const text = table([
    { part: 'plan', seconds: 1, figures: [figure('plan of 1,000', 'ms', [10, 30, 20])] },
    { part: 'apply', seconds: 1, figures: [figure('+1', 's', 2.5, { atMost: 2 })], error: 'the broker is gone' },
  ]);
  expect(text).toBe(
    [
      'part   figure         median  min  max  of  unit  aim',
      'plan   plan of 1,000      20   10   30   3  ms',
      'apply  +1               2.50                s     <= 2 MISSED',
      'apply  FAILED: the broker is gone',
      '',
    ].join('\n'),
  );
});

test.each([
  [0, '0'],
  [12_345.6, '12,346'],
  [123.4, '123'],
  [1.2345, '1.23'],
  [0.9012, '0.901'],
  [7, '7'],
])('%d is shown as %s', (value, text) => {
  expect(digits(value)).toBe(text);
});
