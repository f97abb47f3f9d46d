import { ConfigError } from '../../config/config-error';
import { NetmapError } from '../../lib/errors';
import { NodeError } from '../node-error';
import { fault, ok, type Diagnosis } from './diagnosis';

type Cause = 'name-differs' | 'node-info-missing' | 'node-info-invalid';

export const ownName: Diagnosis<Cause> = {
  id: 'own-name',
  looksAt: "the own NodeInfo (or the authority's database): is it in order, and of the name in the certificate",
  needs: ['keys', 'certificate', 'certificate-time', 'key-match'],
  causes: {
    'name-differs': 'it names another node than the certificate',
    'node-info-missing': 'it is not there or cannot be read',
    'node-info-invalid': 'it does not verify, or others could not use it',
  },
  async check(site) {
    try {
      const { own } = await site.material();
      return ok(own.identities[0].name.toCorda());
    } catch (error) {
      if (!(error instanceof NetmapError)) throw error;
      const { message, remedy } = error as NetmapError;
      if (error instanceof NodeError && error.code === 'NODE_NAME_MISMATCH')
        return fault('name-differs', message, remedy ?? 'give both of one node');
      if (error instanceof ConfigError) return fault('node-info-missing', message, remedy ?? 'look at the path');
      return fault('node-info-invalid', message, remedy ?? 'make it anew, and publish it: netmap node-info publish');
    }
  },
};
