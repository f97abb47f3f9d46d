import type { Certificate } from '../../certificates/certificate';
import type { Config } from '../../config/config';
import { readChain } from '../node-material';
import { troubledOr, type Diagnosis, type Trouble } from './diagnosis';
import type { Site } from './site';

type Cause = 'certificate-expired' | 'certificate-not-yet-valid' | 'certificate-expires-soon';

const DAY_MS = 86_400_000;
/** For who issues certificates to be asked in time. */
const SOON_MS = 30 * DAY_MS;

export const certificateTime: Diagnosis<Cause> = {
  id: 'certificate-time',
  looksAt: 'the validity of the own certificates, their issuers and the roots',
  needs: ['certificate', 'clock'],
  causes: {
    'certificate-expired': 'one of them has expired',
    'certificate-not-yet-valid': 'one of them is valid from later on only',
    'certificate-expires-soon': 'one of them expires within 30 days',
  },
  async check(site) {
    const found = await certificatesOf(site);
    const now = site.clock.now();
    const ends = [...found].map(([{ notAfter }]) => notAfter);
    const troubles = [...found].flatMap(([one, file]) => troubleOf(one, file, now));
    return troubledOr(troubles, `valid until ${iso(Math.min(...ends))} at least`);
  },
};

/** Each once, with the file that it was first found in. */
async function certificatesOf(site: Site): Promise<Map<Certificate, string>> {
  const config = await site.config();
  const roots: [string, readonly Certificate[]] = [config.certificates.roots, await site.roots()];
  const groups = [[config.certificates.chain, await site.chain()] as const, roots];
  for (const file of moreChains(config)) groups.push([file, await readChain(file)]);
  const found = new Map<string, [Certificate, string]>();
  for (const [file, certificates] of groups) {
    for (const one of certificates) if (!found.has(one.fingerprint)) found.set(one.fingerprint, [one, file]);
  }
  return new Map(found.values());
}

function moreChains({ acceptors, node }: Config): string[] {
  const { tls } = acceptors.rpc;
  return [
    ...(typeof tls === 'string' ? [] : [tls.chain]),
    ...(node.publish?.identities ?? []).map(({ chain }) => chain),
  ];
}

function troubleOf(one: Certificate, file: string, now: number): Trouble<Cause>[] {
  const what = `the certificate of ${one.subject.toCorda()} (serial ${one.serial}) in ${file}`;
  const renew = `have ${one.issuer.toCorda()} issue it anew, and put it into ${file}`;
  if (now > one.notAfter) {
    return [
      {
        verdict: 'fault',
        cause: 'certificate-expired',
        words: `${what} expired on ${iso(one.notAfter)}`,
        remedy: renew,
      },
    ];
  }
  if (now < one.notBefore) {
    const words = `${what} is valid from ${iso(one.notBefore)} only`;
    const remedy = `wait until then, or put the one before it back into ${file}; is the clock right? it says ${iso(now)}`;
    return [{ verdict: 'fault', cause: 'certificate-not-yet-valid', words, remedy }];
  }
  if (one.notAfter - now > SOON_MS) return [];
  const days = Math.floor((one.notAfter - now) / DAY_MS);
  const words = `${what} expires in ${days} days, on ${iso(one.notAfter)}`;
  return [{ verdict: 'warning', cause: 'certificate-expires-soon', words, remedy: renew }];
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
