import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeUnfinished, replaceFile, writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import type { KnownSerials } from '../network/merge';
import type { BrokerPlan } from '../plan/broker-plan';
import { parsePlan, planHead, planPieces } from '../plan/plan-json';
import { sameValue } from '../plan/same-value';
import { NodeError } from './node-error';
import type { NodeStatus } from './status';

const SERIALS = 'serials.json';
const STATUS = 'status.json';
const APPLIED = 'applied.json';
const LEASE = 'lease';

/** What a sidecar remembers between its runs, and the lease that keeps it the only writer. */
export class StateFolder {
  private holds = false;
  /** What stands in the file of the live plan, as far as it is known. */
  private applied: BrokerPlan | undefined;

  constructor(readonly folder: string) {}

  /** Makes the folder and takes the lease. Throws NodeError NODE_IN_USE while another sidecar lives. */
  async acquire(pid: number): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const mine = join(this.folder, `.${LEASE}-${randomUUID()}`);
    // Written first and linked then: nobody sees a lease that does not say yet whose it is.
    await writeFile(mine, String(pid), { mode: 0o600 });
    try {
      while (!(await this.linkLease(mine))) {
        const holder = await this.text(LEASE);
        if (holder === undefined) continue;
        if (Number(holder) !== pid && isAlive(Number(holder))) {
          throw new NodeError('NODE_IN_USE', `a sidecar with process id ${holder} works with ${this.folder}`, {
            remedy: 'stop it first, or give this node a state folder of its own',
          });
        }
        await this.takeFrom(holder);
      }
      this.holds = true;
      await removeUnfinished(this.folder);
    } finally {
      await rm(mine, { force: true });
    }
  }

  private async linkLease(mine: string): Promise<boolean> {
    try {
      await link(mine, join(this.folder, LEASE));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Takes the lease of the dead away; that of another who has just done the same is put back. */
  private async takeFrom(holder: string): Promise<void> {
    const taken = join(this.folder, `.${LEASE}-${randomUUID()}`);
    try {
      await rename(join(this.folder, LEASE), taken);
      if ((await readFile(taken, 'utf8')) !== holder) await this.linkLease(taken);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      await rm(taken, { force: true });
    }
  }

  async release(): Promise<void> {
    if (this.holds) await rm(join(this.folder, LEASE), { force: true });
    this.holds = false;
  }

  async readSerials(): Promise<KnownSerials> {
    const content = await this.text(SERIALS);
    if (content === undefined) return new Map();
    try {
      return parseSerials(JSON.parse(content));
    } catch (error) {
      throw new NodeError('NODE_STATE', `${join(this.folder, SERIALS)} is damaged: ${messageOf(error)}`, {
        remedy:
          'restore it from a backup, or remove it: then older NodeInfos than those taken before are accepted once',
        cause: error,
      });
    }
  }

  async writeSerials(serials: KnownSerials): Promise<void> {
    const content = JSON.stringify(Object.fromEntries([...serials].map(([id, serial]) => [id, serial.toString()])));
    await writeFileAtomic(join(this.folder, SERIALS), content, { mode: 0o600 });
  }

  async writeStatus(status: NodeStatus): Promise<void> {
    await writeFileAtomic(join(this.folder, STATUS), JSON.stringify(status), { mode: 0o600 });
  }

  /** The last status written, and whether its writer lives; undefined before the first. */
  async readStatus(): Promise<{ status: NodeStatus; alive: boolean } | undefined> {
    const content = await this.text(STATUS);
    if (content === undefined) return undefined;
    try {
      const status = JSON.parse(content) as NodeStatus;
      return { status, alive: isAlive(status.pid) };
    } catch (error) {
      throw new NodeError('NODE_STATE', `${join(this.folder, STATUS)} is damaged: ${messageOf(error)}`, {
        remedy: 'remove it: the sidecar writes it anew',
        cause: error,
      });
    }
  }

  /** The plan that was live last; undefined before the first. Throws NodeError NODE_STATE when it cannot be used. */
  async readApplied(): Promise<BrokerPlan | undefined> {
    const content = await this.text(APPLIED);
    try {
      return content === undefined ? undefined : parsePlan(content);
    } catch (error) {
      throw new NodeError('NODE_STATE', `${join(this.folder, APPLIED)} cannot be used: ${messageOf(error)}`, {
        remedy: 'remove it: the sidecar writes it anew at its next start',
        cause: error,
      });
    }
  }

  /** Keeps the plan that is live now; the file holds password hashes. */
  async writeApplied(plan: BrokerPlan): Promise<void> {
    if (sameValue(this.applied, plan)) return;
    await replaceFile(join(this.folder, APPLIED), 0o600, async (file) => {
      const hash = createHash('sha256');
      // The head tells what follows, and is known last.
      let position = planHead(hash.copy().digest('hex')).length;
      for (const piece of planPieces(plan)) {
        hash.update(piece);
        position += (await file.write(piece, position)).bytesWritten;
      }
      await file.write('\n', position);
      const head = planHead(hash.digest('hex'));
      await file.write(head, 0);
      return (await this.start(APPLIED, head.length)) !== head;
    });
    this.applied = plan;
  }

  private async start(name: string, bytes: number): Promise<string | undefined> {
    const file = await open(join(this.folder, name)).catch(() => undefined);
    try {
      return (await file?.read(Buffer.alloc(bytes), 0, bytes, 0))?.buffer.toString();
    } finally {
      await file?.close();
    }
  }

  private async text(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.folder, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function parseSerials(parsed: unknown): KnownSerials {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new TypeError('it is no object');
  return new Map(
    Object.entries(parsed).map(([id, serial]: [string, unknown]) => {
      if (typeof serial !== 'string' || !/^-?\d+$/.test(serial)) throw new TypeError(`${id} has no serial`);
      return [id, BigInt(serial)];
    }),
  );
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
