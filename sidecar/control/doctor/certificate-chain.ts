import { ChainError } from '../../certificates/chain-error';
import type { Certificate } from '../../certificates/certificate';
import { verifyChain } from '../../certificates/chain';
import { verifyCordaChain } from '../../certificates/corda-roles';
import { messageOf, NetmapError } from '../../lib/errors';
import { ConfigError } from '../../config/config-error';
import { fault, ok, type Diagnosis, type Outcome } from './diagnosis';
import type { Site } from './site';

type Cause =
  | 'certificate-missing'
  | 'certificate-damaged'
  | 'certificate-wrong-root'
  | 'certificate-incomplete'
  | 'certificate-unfit';

/** Of the time another diagnosis speaks. */
const OF_TIME: readonly string[] = ['CHAIN_EXPIRED', 'CHAIN_NOT_YET_VALID'];

export const certificateChain: Diagnosis<Cause> = {
  id: 'certificate',
  looksAt: "the own certificate: does its chain lead to the network's root, is it a TLS certificate",
  needs: ['config'],
  causes: {
    'certificate-missing': 'the file of the chain or of the roots is not there or cannot be read',
    'certificate-damaged': 'a file holds no certificates',
    'certificate-wrong-root': 'it was issued in another network, or the roots are those of another one',
    'certificate-incomplete': 'certificates between it and the root are missing in the chain',
    'certificate-unfit': 'it is not one for TLS in this kind of network',
  },
  async check(site) {
    const { certificates } = await site.config();
    try {
      const [chain, roots] = await Promise.all([site.chain(), site.roots()]);
      return await verified(site, chain, roots);
    } catch (error) {
      if (error instanceof ConfigError)
        return fault('certificate-missing', error.message, error.remedy ?? 'look there');
      if (!(error instanceof NetmapError)) throw error;
      const remedy = `have the network's operator give the files again: ${certificates.chain}, ${certificates.roots}`;
      return fault('certificate-damaged', messageOf(error), (error as NetmapError).remedy ?? remedy);
    }
  },
};

async function verified(
  site: Site,
  chain: readonly Certificate[],
  roots: readonly Certificate[],
): Promise<Outcome<Cause>> {
  const { certificates, node } = await site.config();
  const [leaf] = chain;
  if (leaf === undefined) return fault('certificate-damaged', `${certificates.chain} is empty`, 'give the chain again');
  const at = site.clock.now();
  try {
    if (node.authority === undefined) verifyCordaChain({ chain, roots, at, leaf, roles: ['TLS'] });
    else verifyChain({ chain: [leaf], roots, at });
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    if (!OF_TIME.includes(error.code)) return untrusted(error, chain, roots, certificates);
  }
  return ok(`of ${leaf.subject.toCorda()}, by ${leaf.issuer.toCorda()}`);
}

function untrusted(
  error: ChainError,
  chain: readonly Certificate[],
  roots: readonly Certificate[],
  files: { readonly chain: string; readonly roots: string },
): Outcome<Cause> {
  if (error.code !== 'CHAIN_UNKNOWN_ROOT' && error.code !== 'CHAIN_SIGNATURE') {
    return fault('certificate-unfit', error.message, 'have the network issue a TLS certificate for this node');
  }
  const top = chain.find((one) => !chain.some((other) => other !== one && one.issuer.matches(other.subject)));
  const names = roots.map(({ subject }) => subject.toCorda()).join('; ');
  const end = top?.issuer.toCorda() ?? 'nobody';
  const isSameName = roots.some(({ subject }) => top?.issuer.matches(subject) === true);
  if (top !== undefined && !(top.isSelfIssued && top.isCa) && !isSameName) {
    const words = `${files.chain} ends below ${end}, whose certificate is neither in it nor among the roots (${names})`;
    return fault('certificate-incomplete', words, `add the certificate of ${end} and those above it to ${files.chain}`);
  }
  const words = isSameName
    ? `${files.chain} leads to ${end}, and the root of that name in ${files.roots} has another key`
    : `${files.chain} leads to the root ${end}, and ${files.roots} has ${names}`;
  const remedy = `put the root of the network that issued the certificate into ${files.roots}, or the certificate of this network into ${files.chain}`;
  return fault('certificate-wrong-root', words, remedy);
}
