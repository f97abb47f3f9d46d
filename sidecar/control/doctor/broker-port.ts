import { BrokerError } from '../../broker/broker-error';
import { assertPortsFree } from '../../broker/process-ports';
import { fault, notApplicable, ok, type Diagnosis, type Outcome } from './diagnosis';
import type { Knock } from './knock';
import type { Site } from './site';

type Cause =
  | 'broker-name-unknown'
  | 'broker-unreachable'
  | 'broker-port-closed'
  | 'broker-port-taken'
  | 'broker-not-tls'
  | 'broker-distrusts-node'
  | 'broker-other-certificate';

export const brokerPort: Diagnosis<Cause> = {
  id: 'broker-port',
  looksAt: "the broker's port for the sidecar: who listens there",
  needs: ['keys', 'certificate', 'key-match'],
  causes: {
    'broker-name-unknown': 'the host name of management is not known',
    'broker-unreachable': 'there is no way to that host, or no answer from it',
    'broker-port-closed': 'nobody listens there',
    'broker-port-taken': 'no broker runs, and somebody else has its port',
    'broker-not-tls': 'who listens there does not speak TLS: it is something else',
    'broker-distrusts-node': "it refuses the node's certificate in the TLS handshake",
    'broker-other-certificate': 'who listens there shows another certificate than this node has',
  },
  async check(site) {
    const address = await site.brokerAddress();
    const seen = await site.brokerKnock();
    const where = `${address.host}:${address.port}`;
    if (seen.answer !== 'tls') return absent(site, seen, where);
    const [leaf] = await site.chain();
    if (seen.certificate !== undefined && leaf !== undefined && Buffer.compare(seen.certificate.raw, leaf.der) === 0)
      return ok(`${where} answers with the certificate of this node`);
    const shown = seen.certificate?.subject.replaceAll('\n', ', ') ?? 'none';
    const until = seen.certificate === undefined ? '' : `, valid until ${seen.certificate.validTo}`;
    const remedy =
      'was the certificate renewed? then the broker still has the old one: netmap run or netmap apply gives it the new one; else look at management.host and management.port, and who listens there';
    return fault(
      'broker-other-certificate',
      `${where} shows another certificate than this node's: ${shown}${until}`,
      remedy,
    );
  },
};

async function absent(site: Site, seen: Exclude<Knock, { answer: 'tls' }>, where: string): Promise<Outcome<Cause>> {
  const { broker, acceptors } = await site.config();
  const listens = Object.values(acceptors);
  const runs = (await site.status().catch(() => undefined))?.alive === true;
  const isOurs = broker.mode === 'embedded';
  switch (seen.answer) {
    case 'unknown-name':
      return fault(
        'broker-name-unknown',
        `${where}: ${seen.words}`,
        'correct management.host, or the DNS of this machine',
      );
    case 'silent':
    case 'unreachable':
      return fault('broker-unreachable', `${where}: ${seen.words}`, 'look at management.host, routes and firewalls');
    case 'closed':
      if (!isOurs || runs) {
        const remedy = isOurs
          ? 'look at netmap status and the log of the sidecar: the broker starts, or does not come up'
          : 'start the broker there; see too that management.port is that of its node acceptor';
        return fault('broker-port-closed', `nobody listens on ${where}`, remedy);
      }
      return freePorts(listens);
    case 'not-tls':
    case 'refused-tls': {
      if (isOurs && !runs) return freePorts(listens);
      const remedy =
        seen.answer === 'not-tls'
          ? "look what listens there (ss -ltnp), and that management.port is that of the broker's node acceptor"
          : "the broker has other roots than this node: have it read the sidecar's files again (netmap apply), or restart it";
      const cause = seen.answer === 'not-tls' ? 'broker-not-tls' : 'broker-distrusts-node';
      return fault(cause, `${where} is reached, but TLS fails: ${seen.words}`, remedy);
    }
  }
}

/** Before a start: could the broker listen where it shall? */
async function freePorts(
  listens: readonly { readonly host: string; readonly port: number }[],
): Promise<Outcome<Cause>> {
  try {
    await assertPortsFree(listens);
    return notApplicable('the broker runs with its sidecar, which does not; its ports are free');
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return fault('broker-port-taken', error.message, `${error.remedy ?? ''}; see who: ss -ltnp`);
  }
}
