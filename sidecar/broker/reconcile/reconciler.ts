import { sha256Hex } from '../../lib/digest';
import type { Bridge, BrokerPlan } from '../../plan/broker-plan';
import { BROKER_PROPERTIES, BROKER_XML, renderInstance } from '../../render/instance';
import type { RenderedFile } from '../../render/rendered-file';
import type { StoreContents } from '../../render/stores';
import { adler32 } from '../adler';
import type { BrokerOperations } from '../operations';
import type { PropertiesFileStatus } from '../operations-types';
import {
  ApplyError,
  applyChanges,
  decisionOf,
  report,
  type BlastRadius,
  type Change,
  type ChangeReport,
} from './change';
import { declarationChange, type Declared } from './declaration-change';
import { certificateChange } from './certificate-change';
import { fileChange } from './file-change';
import { filterChange, filterOf } from './filter-change';
import type { BrokerFiles } from './instance-files';
import { checkPermissions } from './permission-check';
import type { StoresBefore } from './stores-before';

/** What the broker must be: the plan, what its stores hold, and the connections that are in use. */
export interface WantedBroker {
  readonly plan: BrokerPlan;
  readonly stores: StoreContents;
  readonly active: readonly Bridge[];
}

export interface ReconcilerOptions {
  readonly operations: BrokerOperations;
  readonly files: BrokerFiles;
  /** Files that follow from no plan, such as the log's settings. */
  readonly fixedFiles: readonly RenderedFile[];
  /** Answers what the distribution's own schema finds wrong with a broker.xml. */
  readonly validate: (brokerXml: string) => Promise<readonly string[]>;
  /** Throws where an acceptor shows another certificate than it should. */
  readonly checkShown?: (wanted: WantedBroker) => Promise<void>;
  /** Where the stores of before are kept while others are installed; absent: nowhere. */
  readonly storesBefore?: StoresBefore;
  /** Restarts the broker; absent where it is not ours to restart. */
  readonly restart?: () => Promise<void>;
}

/** What was rendered last, told by digests: with thousands of peers the files themselves have megabytes. */
interface Rendering {
  readonly wanted: WantedBroker;
  /** By path. */
  readonly digests: ReadonlyMap<string, string>;
  /** What the broker says when it has read the permissions. */
  readonly permissions: number;
}

/** A reload takes seconds with 10,000 peers on a busy machine. */
const RELOAD_TIMEOUT_MS = 120_000;

/** Turns a running broker into what a plan says, step by verified step, and back when a step fails. */
export class Reconciler {
  private declared: Declared | undefined;
  private applied: WantedBroker | undefined;
  private rendering: Rendering | undefined;
  /** Whether the broker is known to have read its files as they are on disk. */
  private loaded = false;

  constructor(private readonly options: ReconcilerOptions) {}

  /** Whether there are files on which a broker could run: one that starts for the first time waits for them. */
  async hasFiles(): Promise<boolean> {
    return (await this.options.files.digest(BROKER_XML)) !== undefined;
  }

  /** Writes every file for a broker that does not run yet. Throws ApplyError APPLY_INVALID before anything is written. */
  async prepare(wanted: WantedBroker): Promise<void> {
    const files = this.render(wanted);
    await this.validate(files);
    await this.options.files.prepare();
    for (const file of files) await this.options.files.write(file.path, file.content, file.secret);
    // Ours reads them when it starts; one that runs elsewhere may have been running already.
    this.loaded = this.options.restart !== undefined;
  }

  /** What the broker has is not known any more: read it again at the next apply. */
  forget(): void {
    this.declared = undefined;
  }

  /** The changes from what the broker is to `wanted`, in the order in which they are safe; none when nothing differs. */
  async changes(wanted: WantedBroker, why: string): Promise<Change[]> {
    const differing = await this.differing(wanted);
    await this.validate(differing);
    if (this.declared === undefined && this.loaded) this.loaded = await this.hasRead();
    const restart = await this.needsRestart(differing);
    if (restart && this.options.restart === undefined) {
      throw new ApplyError('APPLY_RESTART_NEEDED', 'a setting differs that Artemis reads at a start only', {
        decision: 'alarm',
        remedy: 'stop the broker, start the sidecar anew, which writes the files, and then the broker',
      });
    }
    return [
      ...this.storeChanges(differing, why),
      ...this.certificateChanges(wanted, differing, why, restart),
      ...(await this.declarations(wanted, why)),
      ...this.fileChanges(wanted, differing, why, restart),
    ];
  }

  /** Brings the broker to `wanted` and answers what was changed. Throws ApplyError; then everything is as before. */
  async apply(wanted: WantedBroker, why: string): Promise<ChangeReport[]> {
    const changes = await this.changes(wanted, why);
    const reports: ChangeReport[] = [];
    try {
      await applyChanges(changes, (change) => reports.push(report(change)));
    } catch (error) {
      this.forget();
      if (error instanceof ApplyError && error.code === 'APPLY_UNDO_FAILED') this.loaded = false;
      throw error;
    }
    this.applied = wanted;
    return reports;
  }

  /** The files whose content on disk is another. Most looks are for drift: then nothing is rendered. */
  private async differing(wanted: WantedBroker): Promise<readonly RenderedFile[]> {
    const { rendering } = this;
    if (rendering !== undefined && isSame(rendering.wanted, wanted) && (await this.isOnDisk(rendering))) return [];
    return this.options.files.differing(this.render(wanted));
  }

  private async isOnDisk({ digests }: Rendering): Promise<boolean> {
    for (const [path, digest] of digests) if ((await this.options.files.digest(path)) !== digest) return false;
    return true;
  }

  private render(wanted: WantedBroker): readonly RenderedFile[] {
    const { plan, stores, active } = wanted;
    const files = [...this.options.fixedFiles, ...renderInstance(plan, stores, active)];
    const permissions = files.find(({ path }) => path === BROKER_PROPERTIES)?.content ?? '';
    this.rendering = {
      wanted,
      digests: new Map(files.map(({ path, content }) => [path, sha256Hex(content)])),
      permissions: adler32(Buffer.from(permissions)),
    };
    return files;
  }

  private async validate(files: readonly RenderedFile[]): Promise<void> {
    const xml = files.find(({ path }) => path === BROKER_XML);
    const errors = xml === undefined ? [] : await this.options.validate(xml.content);
    if (errors.length === 0) return;
    throw new ApplyError(
      'APPLY_INVALID',
      `the broker's schema refuses the configuration: ${errors.slice(0, 3).join('; ')}`,
      {
        decision: 'alarm',
        remedy: 'look at the base settings that were changed last',
      },
    );
  }

  /** The part of broker.xml before its acceptors is read at a start only, and so are files marked `restart`. */
  private async needsRestart(differing: readonly RenderedFile[]): Promise<boolean> {
    if (differing.some(({ effect }) => effect === 'restart')) return true;
    const xml = differing.find(({ path }) => path === BROKER_XML);
    if (xml === undefined) return false;
    const old = await this.options.files.read(BROKER_XML);
    return old === undefined || topLevel(old) !== topLevel(xml.content);
  }

  private storeChanges(differing: readonly RenderedFile[], why: string): Change[] {
    const stores = differing.filter(({ effect }) => effect === 'none');
    if (stores.length === 0) return [];
    return [this.change('write-stores', `stores are written: ${fileNames(stores)}`, why, 'nothing', stores)];
  }

  /** Where the broker is started anew it reads its stores then. */
  private certificateChanges(
    wanted: WantedBroker,
    differing: readonly RenderedFile[],
    why: string,
    restart: boolean,
  ): Change[] {
    const stores = differing.filter(({ effect }) => effect === 'acceptors');
    if (stores.length === 0) return [];
    if (restart)
      return [this.change('write-stores', `stores are written: ${fileNames(stores)}`, why, 'nothing', stores)];
    const { files, operations, storesBefore: before } = this.options;
    const { acceptors } = wanted.plan;
    const verify = async (): Promise<void> => this.options.checkShown?.(wanted);
    const names = fileNames(stores);
    return [certificateChange({ files, operations, acceptors, stores, names, why, verify, ...(before && { before }) })];
  }

  private async declarations({ plan }: WantedBroker, why: string): Promise<Change[]> {
    const { operations } = this.options;
    this.declared ??= {
      addresses: sharing(await operations.addressNames(), [...plan.staticAddresses, ...plan.addresses]),
      queues: sharing(await operations.queueNames(), [...plan.staticQueues, ...plan.queues]),
    };
    const { declared } = this;
    // The static ones come with the file; here they are missing only when somebody has removed them.
    const addresses = [...plan.staticAddresses, ...plan.addresses].filter(({ name }) => !declared.addresses.has(name));
    const queues = [...plan.staticQueues, ...plan.queues].filter(({ name }) => !declared.queues.has(name));
    const refiltered = await this.refiltered(plan, declared, why);
    return addresses.length + queues.length === 0
      ? refiltered
      : [declarationChange(operations, addresses, queues, declared, why), ...refiltered];
  }

  /** One queue stands for all: they differ only when the largest message did. */
  private async refiltered(plan: BrokerPlan, declared: Declared, why: string): Promise<Change[]> {
    if (this.applied?.plan.maxMessageSize === plan.maxMessageSize) return [];
    const there = plan.queues.filter(({ name }) => declared.queues.has(name));
    const live = await filterOf(this.options.operations, there[0]);
    if (live === undefined || live === there[0]?.filter) return [];
    return [filterChange(this.options.operations, there, live, why)];
  }

  private fileChanges(
    wanted: WantedBroker,
    differing: readonly RenderedFile[],
    why: string,
    restart: boolean,
  ): Change[] {
    const logins = differing.filter(({ effect }) => effect === 'login');
    const others = differing.filter(({ effect }) => effect === 'reload' || effect === 'restart');
    const changes: Change[] = [];
    if (logins.length > 0) changes.push(this.loginChange(logins, why));
    if (others.length === 0 && this.loaded) return changes;
    const what =
      others.length === 0
        ? 'configuration is read again: the broker may have read an older one'
        : `configuration changes: ${fileNames(others)}`;
    const blast = restart ? 'restart' : this.blastOf(wanted);
    const load = restart ? async (): Promise<void> => this.options.restart?.() : (): Promise<void> => this.reload();
    changes.push(
      fileChange({
        kind: restart ? 'restart' : 'write-configuration',
        what,
        why,
        blast,
        files: this.options.files,
        wanted: others,
        reload: load,
        verify: () => this.verifyLive(wanted),
      }),
    );
    return changes;
  }

  private loginChange(logins: readonly RenderedFile[], why: string): Change {
    return fileChange({
      kind: 'write-logins',
      what: `logins change: ${fileNames(logins)}`,
      why,
      blast: 'nothing',
      files: this.options.files,
      wanted: logins,
      reload: () => this.options.operations.forgetLogins(),
      verify: async () => undefined,
    });
  }

  private change(
    kind: Change['kind'],
    what: string,
    why: string,
    blast: BlastRadius,
    wanted: readonly RenderedFile[],
  ): Change {
    const nothing = async (): Promise<void> => undefined;
    return fileChange({ kind, what, why, blast, files: this.options.files, wanted, reload: nothing, verify: nothing });
  }

  private reload(): Promise<void> {
    return this.options.operations.reload({ timeout: RELOAD_TIMEOUT_MS });
  }

  /** Read is not live: the checksum tells that the file was read, the roles and connections that it is in force. */
  private async verifyLive({ plan, active }: WantedBroker): Promise<void> {
    const { operations, files } = this.options;
    const loaded = await this.readProperties();
    const content = (await files.read(BROKER_PROPERTIES)) ?? '';
    if (loaded === undefined || loaded.adler32 !== adler32(Buffer.from(content))) {
      throw new ApplyError('APPLY_NOT_LIVE', `the broker has not read the permissions of ${BROKER_PROPERTIES}`);
    }
    if (loaded.errors.length > 0) {
      throw new ApplyError(
        'APPLY_NOT_LIVE',
        `the broker cannot use ${BROKER_PROPERTIES}: ${loaded.errors.slice(0, 3).join('; ')}`,
      );
    }
    await checkPermissions(operations, this.applied?.plan.permissions ?? [], plan.permissions);
    const connections = new Set((await operations.brokerConnections()).map((connection) => connection.name));
    const missing = active.filter((bridge) => !connections.has(bridge.name));
    if (missing.length > 0) {
      throw new ApplyError('APPLY_NOT_LIVE', `the broker does not have the connection ${missing[0]?.name ?? ''}`);
    }
    this.loaded = true;
  }

  /** What the broker says of the permissions that it has read. */
  private async readProperties(): Promise<PropertiesFileStatus | undefined> {
    const { propertiesFiles } = await this.options.operations.status();
    return propertiesFiles.get(BROKER_PROPERTIES.slice(BROKER_PROPERTIES.lastIndexOf('/') + 1));
  }

  /** Of broker.xml the broker tells nothing, but it reads both files at once. */
  private async hasRead(): Promise<boolean> {
    return (await this.readProperties())?.adler32 === this.rendering?.permissions;
  }

  private blastOf(wanted: WantedBroker): BlastRadius {
    const { applied } = this;
    if (applied === undefined) return 'nothing';
    if (acceptorsKey(applied.plan) !== acceptorsKey(wanted.plan)) return 'clients of an acceptor';
    const before = new Map(applied.active.map((bridge) => [bridge.name, JSON.stringify(bridge)]));
    const touched = wanted.active.some(
      (bridge) => before.has(bridge.name) && before.get(bridge.name) !== JSON.stringify(bridge),
    );
    return touched || applied.active.some(({ name }) => !wanted.active.some((bridge) => bridge.name === name))
      ? 'one peer'
      : 'nothing';
  }
}

function isSame(a: WantedBroker, b: WantedBroker): boolean {
  return (
    a.plan === b.plan &&
    a.stores === b.stores &&
    a.active.length === b.active.length &&
    a.active.every((bridge, index) => bridge === b.active[index])
  );
}

/** All that stands in the acceptors' addresses: what differs there closes their clients' connections. */
function acceptorsKey({ acceptors, base, maxMessageSize }: BrokerPlan): string {
  return JSON.stringify([acceptors, base.connection, maxMessageSize]);
}

/** The names, as the very texts that the plan has: those from the broker would double the memory that names take. */
function sharing(names: readonly string[], planned: readonly { readonly name: string }[]): Set<string> {
  const found = new Set(names);
  const known = planned.flatMap(({ name }) => (found.delete(name) ? [name] : []));
  return new Set([...known, ...found]);
}

function topLevel(brokerXml: string): string {
  return brokerXml.slice(0, brokerXml.indexOf('<acceptors>'));
}

function fileNames(files: readonly RenderedFile[]): string {
  const names = files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}

/** Whether trying the same again may help. */
export function mayRetry(error: unknown): boolean {
  return decisionOf(error) === 'retry';
}
