import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseInput, type GoldenInput } from '../../test/golden/dialect';
import { filesOf, planOf } from '../../test/golden/show';
import { loadBaseSettings } from '../config/base-settings';
import { BROKER_XML } from '../render/instance';
import { validateBrokerXml } from './broker-xml-schema';
import { cacheFolder } from './obtain';
import { ARTEMIS_VERSION } from './obtain-home';

const configured = process.env['ARTEMIS_HOME'] ?? '';
const home =
  configured === '' ? join(cacheFolder(process.env), `apache-artemis-${ARTEMIS_VERSION}`) : resolve(configured);
const schema = join(home, 'schema');
/** The schema is part of the distribution, which unit tests do not fetch. */
const withSchema = existsSync(schema) ? test : test.skip;

const xmlOf = (core: string): string =>
  `<?xml version="1.0"?>\n<configuration xmlns="urn:activemq">\n<core xmlns="urn:activemq:core">\n${core}\n</core>\n</configuration>\n`;

withSchema('finds nothing wrong with a valid file', async () => {
  expect(await validateBrokerXml(xmlOf('<name>a</name>'), schema)).toEqual([]);
});

withSchema('names the line and the element of what is wrong', async () => {
  const errors = await validateBrokerXml(xmlOf('<name>a</name>\n<no-such-setting>1</no-such-setting>'), schema);
  expect(errors).toEqual([expect.stringMatching(/^line 5: .*no-such-setting/)]);
});

withSchema.each([
  ['an empty list of connections', '<broker-connections/>'],
  ['a number where there is none', '<journal-min-files>many</journal-min-files>'],
  ['an unknown journal', '<journal-type>PAPER</journal-type>'],
  ['XML that is cut short', '<name>'],
])('refuses %s', async (_what, core) => {
  expect(await validateBrokerXml(xmlOf(core), schema)).not.toEqual([]);
});

const CASES: Record<string, GoldenInput> = {
  'a node alone': {},
  'everything at once': parseInput(`
own: 'O="A & B <AB>, Ltd", L=Zürich, C=CH | and O=Ada, L=Bern, C=CH | service O=Clock, L=Bern, C=CH'
peers:
  - 'O=株式会社, L=東京, C=JP @ b1:1, [2001:db8::1]:2 | id DLj | service O=Notary, L=Zurich, C=CH'
  - O=Bob, L=Rome, C=IT | and O=Bob Two, L=Rome, C=IT
users: [carol, dave]
hosts: { p2p: '::' }
rpcTls: separate
active: [DLj, DLBob]
`),
  'base settings of an operator': {
    rpcTls: 'off',
    maxMessageSize: 1_073_741_824,
    base: {
      journal: { type: 'ASYNCIO', sync: false, minFiles: 1000, poolFiles: -1 },
      memory: { globalMaxSize: '1G', addressMaxSize: '5M', pageSize: '1K' },
      redelivery: { delayMs: 1, multiplier: 1.5, maxDelayMs: 86_400_000, maxAttempts: -1 },
      disk: { maxUsagePercent: 100 },
    },
  },
};

withSchema.each(Object.keys(CASES))('what is rendered is valid: %s', async (name) => {
  const input = CASES[name] ?? {};
  const files = filesOf(input, planOf(input, await loadBaseSettings()));
  const xml = files.find(({ path }) => path === BROKER_XML)?.content ?? '';
  expect(await validateBrokerXml(xml, schema)).toEqual([]);
});
