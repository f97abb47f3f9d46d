import { table } from './output';

test('lines columns up', () => {
  expect(
    table(
      ['PEER', 'N'],
      [
        ['O=Party B', 1],
        ['O=Zoë', 20],
      ],
    ),
  ).toBe('PEER       N\nO=Party B  1\nO=Zoë      20');
});

test('a cell cannot break the table', () => {
  const lines = table(['NAME', 'N'], [['a\nb\u001b[2J', 1]]).split('\n');
  expect(lines).toEqual(['NAME               N', 'a\\u000ab\\u001b[2J  1']);
});

test('no rows', () => {
  expect(table(['PEER', 'STATE'], [])).toBe('PEER  STATE');
});
