import { fault, ok, type Diagnosis } from './diagnosis';

const OLDEST = [2, 50] as const;

export const brokerVersion: Diagnosis<'broker-old'> = {
  id: 'broker-version',
  looksAt: 'the version of the running broker',
  needs: ['broker-login'],
  causes: { 'broker-old': 'it is older than Artemis 2.50' },
  async check(site) {
    const version = String(await (await site.management()).invoke('broker', 'getVersion'));
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return ok(`Artemis ${version}`);
    const remedy = `bring it up to ${OLDEST.join('.')} or later, best the version that netmap broker obtain fetches`;
    return fault('broker-old', `the broker is Artemis ${version}, older than ${OLDEST.join('.')}`, remedy);
  },
};
