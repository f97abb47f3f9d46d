import type { RenderedFile } from '../../render/rendered-file';
import type { BlastRadius, Change, ChangeKind } from './change';
import type { BrokerFiles } from './instance-files';

export interface FileChangeInput {
  readonly kind: ChangeKind;
  readonly what: string;
  readonly why: string;
  readonly blast: BlastRadius;
  readonly files: BrokerFiles;
  readonly wanted: readonly RenderedFile[];
  /** Runs after the files are in place, and again after they were put back. */
  readonly reload: () => Promise<void>;
  readonly verify: () => Promise<void>;
}

/** Files put in place together and read by the broker at once; undone by putting the old ones back. */
export function fileChange(input: FileChangeInput): Change {
  const { files, wanted, kind, what, why, blast } = input;
  const before = new Map<RenderedFile, string | undefined>();
  return {
    kind,
    what,
    why,
    blast,
    async apply() {
      for (const file of wanted) before.set(file, await files.read(file.path));
      for (const file of wanted) await files.write(file.path, file.content, file.secret);
      await input.reload();
    },
    verify: input.verify,
    async undo() {
      for (const [file, content] of before) {
        if (content === undefined) await files.remove(file.path);
        else await files.write(file.path, content, file.secret);
      }
      if (before.size > 0) await input.reload();
    },
  };
}
