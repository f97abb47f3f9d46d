import { issueMapSigners } from '../dev-network/issue-map-signers';
import { ManualClock, type Clock } from '../lib/clock';
import { silentLogger } from '../lib/log';
import { authority, parameters, settings, START } from '../../test/interop/served-map';
import { MapSigning } from './map-signing';
import { parametersText } from './parameters-settings';
import { Registry } from './registry';

const HOUR = 3_600_000;
const signers = issueMapSigners(authority.root, settings);

test.each([0, 60_000])(
  'a clock that is set back does not keep changes out of the map, every %i ms',
  async (interval) => {
    const time = new ManualClock(START);
    let offset = HOUR;
    const clock: Clock = { now: () => time.now() + offset, after: (ms, callback) => time.after(ms, callback) };
    const registry = new Registry();
    registry.apply({ kind: 'parameters', json: parametersText(parameters, 1, START) });
    const audit = { write: () => undefined, close: async () => undefined };
    const options = { clock, log: silentLogger, audit, signers, signIntervalMs: interval, privateMaps: new Map() };
    const signing = new MapSigning(
      options,
      () => registry,
      () => undefined,
    );
    await signing.sign();
    offset = 0;
    await signing.settle(true);
    expect(signing.network.signedAt).toBe(START);
  },
);
