import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BrokerError } from '../../broker/broker-error';
import { cacheFolder } from '../../broker/obtain';
import { ARTEMIS_VERSION, inspectHome } from '../../broker/obtain-home';
import { fault, notApplicable, ok, type Diagnosis } from './diagnosis';

type Cause = 'broker-home-old' | 'broker-home-damaged' | 'broker-not-fetched';

export const brokerHome: Diagnosis<Cause> = {
  id: 'broker-home',
  looksAt: 'the installation of an embedded broker',
  needs: ['config'],
  causes: {
    'broker-home-old': 'it is older than Artemis 2.50',
    'broker-home-damaged': 'it is not there or not whole',
    'broker-not-fetched': 'none is configured, and none is in the cache: the next start fetches it',
  },
  async check(site) {
    const { broker } = await site.config();
    if (broker.mode === 'attached') return notApplicable('the broker runs elsewhere');
    const configured = [broker.home, site.environment['ARTEMIS_HOME']].find(
      (home) => home !== undefined && home !== '',
    );
    const cached = join(cacheFolder(site.environment), `apache-artemis-${ARTEMIS_VERSION}`);
    if (configured === undefined && !(await exists(cached))) {
      const words = `there is no Artemis in ${cached}; the next start has to fetch one`;
      const remedy = 'fetch it now: netmap broker obtain';
      return { verdict: 'troubled', troubles: [{ verdict: 'warning', cause: 'broker-not-fetched', words, remedy }] };
    }
    try {
      const { version, path } = await inspectHome(resolve(configured ?? cached));
      return ok(`Artemis ${version} in ${path}`);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      const cause = error.code === 'BROKER_TOO_OLD' ? 'broker-home-old' : 'broker-home-damaged';
      return fault(cause, error.message, error.remedy ?? 'unpack it again');
    }
  },
};

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
