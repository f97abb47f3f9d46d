import { BrokerError } from '../../broker/broker-error';
import { refuseOldVersion } from '../../broker/obtain-home';
import { fault, ok, type Diagnosis } from './diagnosis';

export const brokerVersion: Diagnosis<'broker-old'> = {
  id: 'broker-version',
  looksAt: 'the version of the running broker',
  needs: ['broker-login'],
  causes: { 'broker-old': 'it is older than Artemis 2.50' },
  async check(site) {
    const version = String(await (await site.management()).invoke('broker', 'getVersion'));
    try {
      refuseOldVersion(version, 'the broker');
      return ok(`Artemis ${version}`);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return fault('broker-old', error.message, error.remedy ?? 'bring it up to date');
    }
  },
};
