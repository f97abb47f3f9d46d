import type { Acceptor } from '../../plan/broker-plan';
import type { RenderedFile } from '../../render/rendered-file';
import type { BrokerOperations } from '../operations';
import type { Change } from './change';
import { fileChange } from './file-change';
import type { BrokerFiles } from './instance-files';
import type { StoreBefore, StoresBefore } from './stores-before';

export interface CertificateChangeInput {
  readonly files: BrokerFiles;
  readonly operations: Pick<BrokerOperations, 'reloadAcceptor'>;
  readonly acceptors: readonly Acceptor[];
  /** Key and trust stores of acceptors. */
  readonly stores: readonly RenderedFile[];
  /** As they are called in the report. */
  readonly names: string;
  readonly why: string;
  /** Throws where an acceptor does not show what its store holds. */
  readonly verify: () => Promise<void>;
  /** Keeps the stores of before until all of it is live. */
  readonly before?: Pick<StoresBefore, 'keep' | 'forget'>;
}

/**
 * Stores put in place and read by the acceptors that use them: who is connected stays connected, who connects later is
 * shown the new certificates. The connections to peers read theirs at each attempt.
 */
export function certificateChange(input: CertificateChangeInput): Change {
  const { files, operations, stores, names, why, verify, before } = input;
  const changed = new Set(stores.map(({ path }) => path));
  const touched = input.acceptors.filter(({ tls }) =>
    [tls?.keyStore, tls?.trustStore].some((path) => path !== undefined && changed.has(path)),
  );
  const change = fileChange({
    kind: 'install-certificates',
    what: `certificates are installed: ${names}`,
    why,
    blast: 'nothing',
    files,
    wanted: stores,
    reload: async () => {
      for (const { name } of touched) await operations.reloadAcceptor(name);
    },
    verify,
  });
  if (before === undefined) return change;
  return {
    ...change,
    apply: async () => {
      await before.keep(await contents(files, stores));
      await change.apply();
    },
    verify: async () => {
      await change.verify();
      await before.forget();
    },
    undo: async () => {
      await change.undo();
      await before.forget();
    },
  };
}

async function contents(files: BrokerFiles, stores: readonly RenderedFile[]): Promise<StoreBefore[]> {
  const found = await Promise.all(
    stores.map(async ({ path }) => {
      const content = await files.read(path);
      return content === undefined ? [] : [{ path, content }];
    }),
  );
  return found.flat();
}
