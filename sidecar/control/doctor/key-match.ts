import { checkKey } from '../node-material';
import { NodeError } from '../node-error';
import { fault, notApplicable, ok, type Diagnosis } from './diagnosis';

export const keyMatch: Diagnosis<'key-of-another-certificate'> = {
  id: 'key-match',
  looksAt: 'the own key: does it belong to the own certificate',
  needs: ['keys', 'certificate'],
  causes: { 'key-of-another-certificate': 'they are not of one pair' },
  async check(site) {
    const [leaf] = await site.chain();
    if (leaf === undefined) return notApplicable('there is no certificate');
    try {
      checkKey(await site.key(), leaf);
      return ok('they are one pair');
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      const { certificates } = await site.config();
      const key = certificates.key.file ?? certificates.key.env ?? '';
      const words = `the key in ${key} is not that of the first certificate in ${certificates.chain} (${leaf.subject.toCorda()})`;
      const remedy = 'put the key there with which the certificate was requested, or the leaf first in the chain';
      return fault('key-of-another-certificate', words, remedy);
    }
  },
};
