import { stat } from 'node:fs/promises';
import { parseCertificates } from '../../certificates/certificate';
import type { Config, SecretRef } from '../../config/config';
import type { Clock } from '../../lib/clock';
import type { Logger } from '../../lib/log';
import { peerId, type Peer } from '../../network/peer';
import { localIdentities } from '../../plan/peer-pieces';
import { sameValue } from '../../plan/same-value';
import type { StoreContents } from '../../render/stores';
import { NodeError } from '../node-error';
import type { NodeMaterial } from '../node-material';
import type { Problem } from '../status';
import { problemOf } from '../status-builder';

export interface CertificateWatchOptions {
  /** Absolute paths of the files that the material is made of. */
  readonly files: readonly string[];
  /** Reads and verifies all of it. */
  readonly read: () => Promise<NodeMaterial>;
  /** As it is in use. */
  readonly material: NodeMaterial;
  /** Has the network map judged by the roots of the files; rejects where it stays as it is. Nothing is done unless given. */
  readonly reroot?: (next: NodeMaterial) => Promise<void>;
  /** Is given what is in use when all of it is, changed or not. */
  readonly taken?: (next: NodeMaterial) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Time between two looks, milliseconds; 1,000 unless given. */
  readonly intervalMs?: number;
  /** What was changed less than this long ago may be half-written: it is not taken yet. 1,000 ms unless given. */
  readonly settleMs?: number;
  /** Until what was held is tried again though no file has changed, milliseconds; 60,000 unless given. */
  readonly retryMs?: number;
}

/** Makes new certificates go live, or throws why all is as before. */
export type Install = (stores: StoreContents) => Promise<void>;

/**
 * Looks at the files of the node's own key, certificates and roots. What has changed is verified wholly, and installed
 * only then; what is bad, or does not work in use, changes nothing, and why it is held is told until it is good.
 */
export class CertificateWatch {
  private problem: Problem | undefined;
  /** Which content was seen last, since when, and when it was tried. */
  private seen: { readonly stamp: string; readonly since: number; triedAt?: number } | undefined;
  private cancel: () => void = () => undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: CertificateWatchOptions) {}

  /** Why the files as they are now are not taken; undefined where they are. */
  get held(): Problem | undefined {
    return this.problem;
  }

  start(install: Install): void {
    const { clock, intervalMs = 1_000 } = this.options;
    if (this.stopped) return;
    this.cancel = clock.after(intervalMs, () => {
      this.looking = this.look(install).finally(() => this.start(install));
    });
  }

  /** After it resolves nothing is installed any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.idle();
  }

  /** Resolves when the look that has begun has ended. */
  async idle(): Promise<void> {
    await this.looking;
  }

  private async look(install: Install): Promise<void> {
    const { clock, settleMs = 1_000, retryMs = 60_000 } = this.options;
    const now = clock.now();
    const stamp = await this.stamp();
    if (this.seen?.stamp !== stamp) this.seen = { stamp, since: now };
    const { seen } = this;
    if (now - seen.since < settleMs) return;
    const isOver = seen.triedAt !== undefined && (this.problem === undefined || now - seen.triedAt < retryMs);
    if (isOver) return;
    seen.triedAt = now;
    await this.take(install, stamp);
  }

  private async take(install: Install, stamp: string): Promise<void> {
    const { material, read, taken, clock, log } = this.options;
    try {
      const next = await read();
      // What was written meanwhile is another content, and has its own time to settle.
      if ((await this.stamp()) !== stamp || this.stopped) return;
      checkSameNode(material, next);
      await this.use(next, install);
      await taken?.(next);
      this.problem = undefined;
    } catch (error) {
      const held = problemOf(error, this.problem?.since ?? clock.now());
      if (held.message !== this.problem?.message)
        log.error('changed certificates are held: those of before stay in use', { error });
      this.problem = held;
    }
  }

  /**
   * Who is known by a dropped root alone leaves the map before the acceptors refuse him, and where he may not leave they
   * go on to let him in. A new root is trusted by the acceptors before somebody is on the map by it.
   */
  private async use(next: NodeMaterial, install: Install): Promise<void> {
    const { material, reroot, log } = this.options;
    const isDropped = material.roots.some((root) => !next.roots.some((each) => each.equals(root)));
    if (isDropped) await reroot?.(next);
    if (!sameValue(next.stores, material.stores)) {
      await install(next.stores);
      log.info('certificates were renewed', { tls: dated(next.stores.ownCertificate) });
    }
    if (!isDropped) await reroot?.(next);
  }

  private async stamp(): Promise<string> {
    const parts = await Promise.all(
      this.options.files.map(async (file) => {
        const found = await stat(file, { bigint: true }).catch(() => undefined);
        return `${file} ${found?.ino ?? '-'} ${found?.size ?? '-'} ${found?.mtimeNs ?? '-'} ${found?.ctimeNs ?? '-'}`;
      }),
    );
    return parts.join('\n');
  }
}

/** The files of which a change may be a renewal. What comes from the environment cannot change. */
export function certificateFiles({ certificates, acceptors, node }: Config): string[] {
  const { tls } = acceptors.rpc;
  const secret = ({ file }: SecretRef): string[] => (file === undefined ? [] : [file]);
  return [
    ...secret(certificates.key),
    certificates.chain,
    ...(node.authority === undefined ? [certificates.roots] : []),
    ...(node.nodeInfo === undefined ? [] : [node.nodeInfo]),
    ...(node.publish?.identities ?? []).flatMap(({ key, chain }) => [...secret(key), chain]),
    ...(typeof tls === 'string' ? [] : [...secret(tls.key), tls.chain]),
  ];
}

function checkSameNode(before: NodeMaterial, { own }: NodeMaterial): void {
  const ids = (one: Peer): string[] => localIdentities(one).map(({ id }) => id);
  if (peerId(before.own) === peerId(own) && sameValue(ids(before.own).sort(), ids(own).sort())) return;
  if (peerId(before.own) === peerId(own))
    throw new NodeError('NODE_NAME_MISMATCH', 'the files name other identities of this node than it works with', {
      remedy: 'start the sidecar anew, or put the files of before back',
    });
  const [was, is] = [before, { own }].map((each) => each.own.identities[0].name.toCorda());
  throw new NodeError('NODE_NAME_MISMATCH', `the files are now those of another node: ${is ?? ''}, not ${was ?? ''}`, {
    remedy: 'put the files of this node back; another node needs a configuration of its own',
  });
}

function dated(pem: string): object {
  const [leaf] = parseCertificates(pem);
  return { serial: leaf?.serial, validUntil: new Date(leaf?.notAfter ?? 0).toISOString() };
}
