import { explainDoubles, type Cut } from './doubles';

test.each<[string, readonly (readonly [number, number])[], readonly Cut[], number]>([
  [
    'by the same connection, and nothing had happened',
    [
      [1, 1],
      [1, 1],
    ],
    [],
    1,
  ],
  [
    'by the next connection',
    [
      [1, 1],
      [1, 2],
    ],
    [],
    0,
  ],
  [
    'further back than a window before the end of a connection',
    [
      [1, 1],
      [2, 1],
      [3, 1],
      [1, 2],
    ],
    [],
    1,
  ],
  [
    'as far back, and the sidecar was killed',
    [
      [1, 1],
      [2, 1],
      [3, 1],
      [1, 2],
    ],
    [{ what: 'sidecar killed', connection: 1, at: 3 }],
    0,
  ],
  [
    'by the same connection after the broker was killed',
    [
      [1, 1],
      [1, 1],
    ],
    [{ what: 'broker killed', connection: undefined, at: 1 }],
    0,
  ],
  [
    'long before the broker was killed',
    [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [5, 1],
      [1, 1],
    ],
    [{ what: 'broker killed', connection: undefined, at: 5 }],
    1,
  ],
])('whether a double is explained: %s', (_, rows, cuts, expected) => {
  const arrivals = rows.map(([number, connection]) => ({ number, connection }));
  expect(explainDoubles(arrivals, cuts, { window: 2, room: 4 }).unexplained).toHaveLength(expected);
});
