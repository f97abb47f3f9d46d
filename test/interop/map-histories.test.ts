import type * as Submission from '../../sidecar/mapservice/submission';
import type * as Validity from '../../sidecar/network-map/node-info-validity';
import type * as ParametersJson from '../../sidecar/network-map/parameters-json';
import type * as SignDocument from '../../sidecar/network-map/sign-document';
import { FAULTS } from './histories/faults';
import { NodePool } from './histories/node-pool';
import { play } from './histories/play';
import type * as Remembered from './histories/remembered';
import { Tally } from './histories/tally';

// What follows from bytes alone is done once for all histories.
jest.mock('../../sidecar/mapservice/submission', () => {
  const real = jest.requireActual<typeof Submission>('../../sidecar/mapservice/submission');
  const { remembered, bytesKey } = jest.requireActual<typeof Remembered>('./histories/remembered');
  return { ...real, readSubmission: remembered(real.readSubmission, (bytes) => bytesKey(bytes)) };
});
jest.mock('../../sidecar/network-map/node-info-validity', () => {
  const real = jest.requireActual<typeof Validity>('../../sidecar/network-map/node-info-validity');
  const known = new WeakMap<object, ReturnType<typeof real.validityOf>>();
  const validityOf: typeof real.validityOf = (nodeInfo, roots) => {
    const result = known.get(nodeInfo) ?? real.validityOf(nodeInfo, roots);
    known.set(nodeInfo, result);
    return result;
  };
  return { ...real, validityOf };
});
jest.mock('../../sidecar/network-map/sign-document', () => {
  const real = jest.requireActual<typeof SignDocument>('../../sidecar/network-map/sign-document');
  const { parametersToJson } = jest.requireActual<typeof ParametersJson>('../../sidecar/network-map/parameters-json');
  const { remembered, signerKey } = jest.requireActual<typeof Remembered>('./histories/remembered');
  return {
    ...real,
    signMap: remembered(real.signMap, (map, signer, form) => `${form} ${signerKey(signer)} ${JSON.stringify(map)}`),
    signParameters: remembered(real.signParameters, (parameters, signer, form) => {
      return `${form} ${signerKey(signer)} ${parametersToJson(parameters).toString()}`;
    }),
  };
});

const HISTORIES = 1_000;
const FIRST_SEED = Number(process.env.NETMAP_SIMULATION_SEED ?? 1);
const MOST_TOLD = 3;
/** How often it has to have happened in a hundred histories. */
const LEAST: Readonly<Record<string, number>> = {
  joins: 50,
  leaves: 30,
  restarts: 200,
  moves: 150,
  'long silences': 50,
  evictions: 30,
  'service killed': 100,
  restores: 20,
  'service clock wrong': 50,
  removals: 50,
  'mass removals': 50,
  bans: 50,
  'old NodeInfos published': 20,
  'holds by the brake': 200,
  'operators accept': 200,
  'older maps held': 5,
  'losses of several': 100,
  'polls with NodeInfos missing': 10,
  'polls beyond the horizon': 10,
  'left by silence': 1,
  'known after two polls': 20_000,
  'heard in time': 3_000,
  ...Object.fromEntries(FAULTS.map((kind) => [`fault: ${kind}`, 20])),
};

test(`${HISTORIES} histories of a network map: whoever lives is known, nobody else can receive`, async () => {
  // Thousands of polls fail, as they should: nobody reads where.
  Error.stackTraceLimit = 0;
  const pool = await NodePool.make();
  const tally = new Tally();
  const wrong: Record<string, readonly string[]> = {};
  for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed += 1) {
    const violations = await play(seed, pool, tally);
    if (violations.length > 0) wrong[`seed ${seed}`] = violations.slice(0, 20);
    if (Object.keys(wrong).length === MOST_TOLD) break;
  }
  expect(wrong).toEqual({});
  const least = Object.entries(LEAST).map(([what, each]) => [what, (each * HISTORIES) / 100] as const);
  expect(least.filter(([what, count]) => tally.of(what) < count)).toEqual([]);
}, 1_200_000);
