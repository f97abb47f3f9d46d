import type { Logger } from '../../lib/log';
import { writeOwnNodeInfo } from '../own-node-info';
import type { Publisher } from '../publisher';
import type { CertificateWatchOptions } from './certificate-watch';
import type { LiveMaterial } from './live-material';
import type { RerootedSource } from './rerooted-source';

export interface FollowParts {
  readonly material: LiveMaterial;
  readonly source: Pick<RerootedSource<never>, 'reroot'>;
  /** Absent where nothing is published. */
  readonly publisher: Pick<Publisher, 'renew'> | undefined;
  readonly log: Logger;
}

/** What else follows the files of a Corda node: by which roots the map is judged, and the own NodeInfo. */
export function followFiles({
  material,
  source,
  publisher,
  log,
}: FollowParts): Required<Pick<CertificateWatchOptions, 'reroot' | 'taken'>> {
  return {
    async reroot({ roots }) {
      await source.reroot(roots);
      material.trust(roots);
    },
    async taken(next) {
      const { made, nodeInfo } = next;
      if (made?.isNew === true) await writeOwnNodeInfo(made);
      const isOther = nodeInfo !== undefined && !Buffer.from(nodeInfo).equals(material.nodeInfo ?? Buffer.of());
      material.become(next);
      if (!isOther) return;
      log.info('the own NodeInfo has changed', { serial: String(next.own.serial) });
      publisher?.renew(nodeInfo);
    },
  };
}
