import { createHash } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeUnfinished, replaceFile, writeFileAtomic } from '../lib/atomic-file';
import { systemClock, type Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import { isAlive, isRunning, markOf, type ProcessMark } from '../lib/process-place';
import type { KnownSerials } from '../network/merge';
import type { BrokerPlan } from '../plan/broker-plan';
import { parsePlan, planHead, planPieces } from '../plan/plan-json';
import { sameValue } from '../plan/same-value';
import { NodeError } from './node-error';
import { markState, refuseNewerState } from './state-format';
import { livingHolder, StateLease } from './state-lease';
import type { NodeStatus } from './status';

const SERIALS = 'serials.json';
const STATUS = 'status.json';
const APPLIED = 'applied.json';

/** What a sidecar remembers between its runs, and the lease that keeps it the only writer. */
export class StateFolder {
  private lease: StateLease | undefined;
  /** What stands in the file of the live plan, as far as it is known. */
  private applied: BrokerPlan | undefined;
  private isMarked = false;

  constructor(readonly folder: string) {}

  /**
   * Makes the folder and takes the lease, for a process of this container. `onLost` is called once when another has taken it:
   * then nothing may be written any more. Throws NodeError NODE_IN_USE while another sidecar lives; one of another machine is
   * watched for some seconds before.
   */
  async acquire(
    pid: number,
    clock: Clock = systemClock,
    onLost: (error: NodeError) => void = () => undefined,
  ): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    this.lease = await StateLease.take(this.folder, { pid, clock, onLost });
    await removeUnfinished(this.folder);
  }

  async release(): Promise<void> {
    const { lease } = this;
    this.lease = undefined;
    await lease?.release();
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
    if (!this.isMarked) await markState(this.folder);
    this.isMarked = true;
    const content = JSON.stringify(Object.fromEntries([...serials].map(([id, serial]) => [id, serial.toString()])));
    await writeFileAtomic(join(this.folder, SERIALS), content, { mode: 0o600 });
  }

  async writeStatus(status: NodeStatus): Promise<void> {
    const writer = await markOf(status.pid);
    await writeFileAtomic(join(this.folder, STATUS), JSON.stringify({ ...status, writer }), { mode: 0o600 });
  }

  /** The last status written, and whether its writer lives; undefined before the first. */
  async readStatus(clock: Clock = systemClock): Promise<{ status: NodeStatus; alive: boolean } | undefined> {
    const content = await this.text(STATUS);
    if (content === undefined) return undefined;
    try {
      const { writer, ...status } = JSON.parse(content) as NodeStatus & { readonly writer?: ProcessMark };
      return { status, alive: await this.isAlive(status.pid, writer, clock) };
    } catch (error) {
      throw new NodeError('NODE_STATE', `${join(this.folder, STATUS)} is damaged: ${messageOf(error)}`, {
        remedy: 'remove it: the sidecar writes it anew',
        cause: error,
      });
    }
  }

  /** A writer that cannot be seen from here lives as long as its lease. */
  private async isAlive(pid: number, writer: ProcessMark | undefined, clock: Clock): Promise<boolean> {
    if (writer === undefined) return isAlive(pid);
    const seen = await isRunning(writer);
    if (seen !== undefined) return seen;
    const holder = await livingHolder(this.folder, clock);
    return holder?.space === writer.space && holder.pid === writer.pid;
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
    await refuseNewerState(this.folder);
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
