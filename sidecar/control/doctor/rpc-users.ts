import { ConfigError } from '../../config/config-error';
import { loadRpcUsers } from '../../config/rpc-users';
import { fault, ok, type Diagnosis } from './diagnosis';

export const rpcUsers: Diagnosis<'rpc-users-unusable'> = {
  id: 'rpc-users',
  looksAt: 'the file of RPC users',
  needs: ['config'],
  causes: { 'rpc-users-unusable': 'it is not there, open to others or has users that cannot be' },
  async check(site) {
    const { rpc } = await site.config();
    if (rpc.users === undefined) return ok('none is configured');
    try {
      return ok(`${(await loadRpcUsers(rpc.users)).length} users`);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return fault('rpc-users-unusable', error.message, error.remedy ?? `correct ${rpc.users}`);
    }
  },
};
