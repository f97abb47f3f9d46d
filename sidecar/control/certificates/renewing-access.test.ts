import { MATERIAL } from '../../../test/faults/model/network';
import type { Config } from '../../config/config';
import { ManualClock } from '../../lib/clock';
import type { StoreContents } from '../../render/stores';
import { renewingAccess } from './renewing-access';

jest.mock('../broker-access', () => ({
  brokerAccess: ({ stores }: { stores: StoreContents }) => stores.ownCertificate,
}));

/** An application that connects again and again; `shown` is what the broker shows. */
function setUp() {
  const files = { holds: 'first', bad: false };
  const broker = { shown: 'first' };
  const tried: string[] = [];
  const material = (ownCertificate: string) => ({ stores: { ...MATERIAL.stores, ownCertificate } });
  const access = renewingAccess(
    {
      config: {} as Config,
      material: material('first'),
      clock: new ManualClock(),
      read: async () => {
        if (files.bad) throw new Error('half-written');
        return material(files.holds);
      },
    },
    { host: 'localhost', port: 1 },
    'user',
  );
  const connect = (): Promise<string> =>
    access(async (options) => {
      const certificate = options as unknown as string;
      tried.push(certificate);
      if (certificate !== broker.shown) throw new Error(`the broker shows ${broker.shown}`);
      return certificate;
    });
  return { files, broker, tried, connect };
}

test('an application connects with what the files hold and, until the broker has read that, with what was before', async () => {
  const { files, broker, tried, connect } = setUp();
  expect(await connect()).toBe('first');
  files.holds = 'second';
  expect(await connect()).toBe('first');
  broker.shown = 'second';
  expect(await connect()).toBe('second');
  files.bad = true;
  expect(await connect()).toBe('second');
  expect(tried).toEqual(['first', 'second', 'first', 'second', 'second']);
});

test('a broker that shows neither is told as what it is', async () => {
  const { files, broker, tried, connect } = setUp();
  broker.shown = "a stranger's";
  await expect(connect()).rejects.toThrow('stranger');
  files.holds = 'second';
  await expect(connect()).rejects.toThrow('stranger');
  expect(tried).toEqual(['first', 'second', 'first']);
});
