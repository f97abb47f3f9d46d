import { findJava, JavaError } from '../../broker/java';
import { fault, notApplicable, ok, type Diagnosis } from './diagnosis';

export const java: Diagnosis<'java-missing' | 'java-old'> = {
  id: 'java',
  looksAt: 'the Java that an embedded broker runs with',
  needs: ['config'],
  causes: { 'java-missing': 'there is none that runs', 'java-old': 'what there is is older than Java 17' },
  async check(site) {
    const { broker } = await site.config();
    if (broker.mode === 'attached') return notApplicable('the broker runs elsewhere');
    try {
      const setting = broker.java === undefined ? {} : { setting: broker.java };
      const { command, version } = await findJava({ env: site.environment, ...setting });
      return ok(`${version} (${command})`);
    } catch (error) {
      if (!(error instanceof JavaError)) throw error;
      const cause = error.code === 'JAVA_MISSING' ? 'java-missing' : 'java-old';
      return fault(cause, error.message, error.remedy ?? 'install Java');
    }
  },
};
