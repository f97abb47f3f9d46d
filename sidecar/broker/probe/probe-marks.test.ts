import { ProbeMarks } from './probe-marks';

const ADDRESS = 'p2p.inbound.A.from.B';

test('a mark is ours in this run and the next, at its own address alone', () => {
  const mark = new ProbeMarks('key').make(ADDRESS);
  const next = new ProbeMarks('key');
  expect(next.isOurs(mark, ADDRESS)).toBe(true);
  expect(next.isOurs(mark, 'p2p.inbound.A.from.C')).toBe(false);
});

test.each([
  ['made with another key', new ProbeMarks('other').make(ADDRESS)],
  ['another name under the same seal', `x${new ProbeMarks('key').make(ADDRESS)}`],
  ['no seal', 'name.1.'],
  ['no dot', 'name'],
  ['empty', ''],
  ['a number', 7],
  ['nothing', undefined],
])('not ours: %s', (_what, mark) => {
  expect(new ProbeMarks('key').isOurs(mark, ADDRESS)).toBe(false);
});

test('marks of one run differ, and its selector takes no other run', () => {
  const marks = new ProbeMarks('key');
  const [first, second] = [marks.make(ADDRESS), marks.make(ADDRESS)];
  expect(first).not.toBe(second);
  const [, prefix = ''] = /^p LIKE '([^%']+)%'$/.exec(marks.selector('p')) ?? [];
  expect(first.startsWith(prefix) && second.startsWith(prefix)).toBe(true);
  expect(new ProbeMarks('key').make(ADDRESS).startsWith(prefix)).toBe(false);
});
