import { loadBaseSettings } from '../../config/base-settings';
import { ConfigError } from '../../config/config-error';
import { fault, ok, type Diagnosis } from './diagnosis';

export const configFile: Diagnosis<'config-missing' | 'config-unreadable' | 'config-invalid'> = {
  id: 'config',
  looksAt: "the configuration file, and the overrides of the broker's settings",
  needs: [],
  causes: {
    'config-missing': 'there is no configuration file at that place',
    'config-unreadable': 'this user may not read it, or it is no file',
    'config-invalid': 'it is no YAML, or has settings that cannot be',
  },
  async check(site) {
    try {
      const { file, broker } = await site.config();
      await loadBaseSettings(broker.base);
      return ok(file);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { code, message, remedy = 'correct it' } = error;
      if (code === 'CONFIG_MISSING') return fault('config-missing', message, `${remedy}; name another with --config`);
      return fault(code === 'CONFIG_UNREADABLE' ? 'config-unreadable' : 'config-invalid', message, remedy);
    }
  },
};
