import { AccessError } from '../../broker/amqp/access-error';
import { openAmqp } from '../../broker/amqp/open-amqp';
import { pinnedTo } from '../../broker/probe/probe-targets';
import { ManagementError } from '../../broker/management-error';
import { SYSTEM_USERS } from '../../plan/roles';
import { fault, ok, type Diagnosis, type Outcome } from './diagnosis';
import type { Site } from './site';

type Cause = 'broker-not-amqp' | 'broker-login-refused' | 'management-refused' | 'management-silent';

export const brokerLogin: Diagnosis<Cause> = {
  id: 'broker-login',
  looksAt: "the node's login at its broker, and its right to manage it",
  needs: ['broker-port'],
  causes: {
    'broker-not-amqp': 'who listens there speaks TLS, but not AMQP',
    'broker-login-refused': 'user, password or certificate is not accepted',
    'management-refused': 'the node may log in, but not manage the broker',
    'management-silent': 'the broker took the question and does not answer it',
  },
  async check(site) {
    try {
      await login(site);
      const management = await site.management();
      return ok(`lets the node in, Artemis ${String(await management.invoke('broker', 'getVersion'))}`);
    } catch (error) {
      if (error instanceof AccessError) return noAccess(error);
      if (error instanceof ManagementError) return noManagement(error);
      throw error;
    }
  },
};

/** Not by management itself: that tells a refused login from a missing permission less clearly. */
async function login(site: Site): Promise<void> {
  const [address, key, chain] = await Promise.all([site.brokerAddress(), site.key(), site.chain()]);
  const pem = chain.map((one) => one.pem()).join('');
  const user = SYSTEM_USERS.node;
  const tls = pinnedTo(chain[0]?.pem() ?? '', { key, chain: pem });
  const connection = await openAmqp({ address, user, password: user, timeoutMs: site.timeoutMs, tls });
  await connection.close();
}

function noAccess({ code, message }: AccessError): Outcome<Cause> {
  if (code === 'ACCESS_LOGIN') {
    const remedy =
      "the broker has not the sidecar's login files (etc/login.config and what it names), or older ones: netmap apply writes them; see too that it reads the instance folder of this node";
    return fault('broker-login-refused', message, remedy);
  }
  const remedy = "look what listens there (ss -ltnp), and that management.port is that of the broker's node acceptor";
  return fault('broker-not-amqp', message, remedy);
}

function noManagement({ code, message, cause }: ManagementError): Outcome<Cause> {
  const words = cause instanceof ManagementError ? `${message}: ${cause.message}` : message;
  if (code === 'MANAGEMENT_NOT_ALLOWED' || /AMQ229213|does not have permission/.test(words)) {
    const remedy =
      'the broker has other permissions than the sidecar gives (etc/broker.xml and broker.properties): netmap apply writes them';
    return fault('management-refused', words, remedy);
  }
  return fault('management-silent', words, "look at the broker's log: it may be overloaded, or out of memory or disk");
}
