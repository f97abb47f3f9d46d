import { randomUUID } from 'node:crypto';
import { messageOf } from '../../lib/errors';
import type { BrokerPlan } from '../../plan/broker-plan';
import type { Access, Credential, Prediction } from '../../plan/predict';
import { SYSTEM_USERS } from '../../plan/roles';
import { probeMatrix, type ProbeCell } from '../../plan/probe-matrix';
import { attempt } from './attempt';
import type { Entrance } from './entrance';
import type { Outcome } from './outcome';
import { addressOf, pinnedTo } from './probe-targets';

/** Somebody who tries: what the plan knows of him, and what he shows. */
export interface ProbeClient {
  /** For people. */
  readonly name: string;
  readonly credential: Credential;
  /** Key and chain (leaf first), PEM; absent: no certificate. */
  readonly tls?: { readonly key: string; readonly chain: string };
}

export interface MatrixOptions {
  readonly plan: BrokerPlan;
  readonly clients: readonly ProbeClient[];
  /** The certificate that the broker shows, PEM, and the rpc acceptor's where it has one of its own. */
  readonly brokerCertificate: string;
  readonly rpcCertificate?: string;
  /** Where the broker is reached when an acceptor listens on every address. */
  readonly host: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One access that was tried. `found` has no `allowed` where the broker said neither yes nor no. */
export interface MatrixCell {
  readonly client: string;
  readonly access: Access;
  readonly expected: Prediction;
  readonly found: Outcome | { readonly at: 'unknown'; readonly words: string };
  readonly same: boolean;
}

/** Whoever may do anything is let in as sender to a wildcard address, too; only his messages are refused. */
function cannotTell({ access: { action, address }, expected }: ProbeCell): boolean {
  return action === 'send' && expected.allowed && address.includes('#');
}

/**
 * The broker's authentication cache does not tell acceptors apart. A system user of ours at the wrong acceptor would be
 * let in when he is logged in at the right one, and kept out of the right one for seconds when he is not.
 */
function disturbsOwnLogin({ access: { credential }, expected }: ProbeCell): boolean {
  const system: readonly (string | undefined)[] = Object.values(SYSTEM_USERS);
  return credential.certificate === 'own' && expected.at === 'login' && system.includes(credential.user);
}

/** So many accesses are tried at a time. */
const AT_A_TIME = 4;

/** Tries every cell of the plan's matrix for each client, and compares with what the plan predicts. */
export async function runMatrix(options: MatrixOptions): Promise<MatrixCell[]> {
  // What a user may make stays for a while: what others may not do there is tried before, and a later run elsewhere.
  const answers = `probe-${randomUUID()}`;
  const all = options.clients.flatMap((client) =>
    probeMatrix(options.plan, [client.credential], answers)
      .filter((cell) => !cannotTell(cell) && !disturbsOwnLogin(cell))
      .map((cell) => ({ client, ...cell })),
  );
  const todo = all.sort((a, b) => Number(a.expected.allowed) - Number(b.expected.allowed));
  const cells: MatrixCell[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      options.signal?.throwIfAborted();
      const index = next++;
      const cell = todo[index];
      if (cell === undefined) return;
      const { client, access, expected } = cell;
      const found = await tryAccess(options, client, access);
      const same = 'allowed' in found && found.allowed === expected.allowed && found.at === expected.at;
      cells[index] = { client: client.name, access, expected, found, same };
      done += 1;
      options.onProgress?.(done, todo.length);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return cells;
}

async function tryAccess(options: MatrixOptions, client: ProbeClient, access: Access): Promise<MatrixCell['found']> {
  try {
    return await attempt({
      entrance: entranceOf(options, client, access),
      action: access.action,
      address: access.address,
    });
  } catch (error) {
    return { at: 'unknown', words: messageOf(error) };
  }
}

function entranceOf(options: MatrixOptions, client: ProbeClient, { acceptor: name, protocol }: Access): Entrance {
  const { plan, host, timeoutMs, brokerCertificate, rpcCertificate } = options;
  const acceptor = plan.acceptors.find((each) => each.name === name);
  const pin = name === 'rpc' ? (rpcCertificate ?? brokerCertificate) : brokerCertificate;
  const { user, password } = client.credential;
  return {
    address: addressOf(plan, name, host),
    protocol,
    ...(acceptor?.tls === undefined ? {} : { tls: pinnedTo(pin, client.tls) }),
    ...(user === undefined ? {} : { user, ...(password === undefined ? {} : { password }) }),
    timeoutMs,
  };
}
