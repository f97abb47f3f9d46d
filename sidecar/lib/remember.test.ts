import { rememberForBoth } from './remember';

interface Named {
  readonly name: string;
}
const pair = ({ name: one }: Named, { name: other }: Named): readonly string[] => [one, other];

describe('what was made of two objects', () => {
  const [a, b] = [{ name: 'a' }, { name: 'b' }];

  it('is made once', () => {
    const make = jest.fn(pair);
    const remembered = rememberForBoth(make);
    expect(remembered(a, b)).toBe(remembered(a, b));
    expect(make).toHaveBeenCalledTimes(1);
  });

  it('is told apart by the first and by the second', () => {
    const remembered = rememberForBoth(pair);
    expect([remembered(a, b), remembered(b, a), remembered(a, a)]).toEqual([
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'a'],
    ]);
  });

  it('is made again for an object that is alike, and another', () => {
    const make = jest.fn(pair);
    const remembered = rememberForBoth(make);
    expect(remembered(a, b)).toEqual(remembered({ ...a }, b));
    expect(make).toHaveBeenCalledTimes(2);
  });
});
