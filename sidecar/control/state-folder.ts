import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import type { KnownSerials } from '../network/merge';
import type { BrokerPlan } from '../plan/broker-plan';
import { parsePlan, serialisePlan } from '../plan/plan-json';
import { NodeError } from './node-error';
import type { NodeStatus } from './status';

const SERIALS = 'serials.json';
const STATUS = 'status.json';
const APPLIED = 'applied.json';
const LEASE = 'lease';

/** What a sidecar remembers between its runs, and the lease that keeps it the only writer. */
export class StateFolder {
  private holds = false;

  constructor(readonly folder: string) {}

  /** Makes the folder and takes the lease. Throws NodeError NODE_IN_USE while another sidecar lives. */
  async acquire(pid: number): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (;;) {
      try {
        const file = await open(join(this.folder, LEASE), 'wx', 0o600);
        await file.writeFile(String(pid));
        await file.close();
        this.holds = true;
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = Number(await this.text(LEASE));
        if (holder !== pid && isAlive(holder)) {
          throw new NodeError('NODE_IN_USE', `a sidecar with process id ${holder} works with ${this.folder}`, {
            remedy: 'stop it first, or give this node a state folder of its own',
          });
        }
        await rm(join(this.folder, LEASE), { force: true });
      }
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
      const parsed = JSON.parse(content) as Record<string, string>;
      return new Map(Object.entries(parsed).map(([id, serial]) => [id, BigInt(serial)]));
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
    const content = serialisePlan(plan);
    // Megabytes with thousands of peers, but its first line tells whether it is there already.
    const head = content.slice(0, content.indexOf('\n') + 1);
    if ((await this.start(APPLIED, head.length)) === head) return;
    await writeFileAtomic(join(this.folder, APPLIED), content, { mode: 0o600 });
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

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
