import { createHmac, randomUUID } from 'node:crypto';

/**
 * What our probes carry in their property: only who has the key can make one, so that what a peer marks is told from
 * what an earlier run of ours left behind.
 */
export class ProbeMarks {
  private readonly run = randomUUID();
  private made = 0;

  /** `key`: any secret of the node's own. */
  constructor(private readonly key: string) {}

  /** A mark for one probe to the address. */
  make(address: string): string {
    this.made += 1;
    const name = `${this.run}.${this.made}`;
    return `${name}.${this.seal(name, address)}`;
  }

  /** Whether the mark was made for that address with our key, in this run or an earlier one. */
  isOurs(mark: unknown, address: string): boolean {
    if (typeof mark !== 'string') return false;
    const end = mark.lastIndexOf('.');
    return end > 0 && mark.slice(end + 1) === this.seal(mark.slice(0, end), address);
  }

  /** A selector on the marks of this run. */
  selector(property: string): string {
    return `${property} LIKE '${this.run}.%'`;
  }

  private seal(name: string, address: string): string {
    return createHmac('sha256', this.key).update(`netmap probe\n${name}\n${address}`).digest('base64url');
  }
}
