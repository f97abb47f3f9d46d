import { ManagementConnection } from '../../sidecar/broker/management-connection';

type Invoke = ManagementConnection['invoke'];

interface Call {
  readonly operation: string;
  readonly began: number;
  ended: number;
}

/** What was asked of brokers from this process, and how long they took to answer. */
export class ManagementTimes {
  private readonly calls: Call[] = [];

  private constructor(private readonly restore: () => void) {}

  end(): void {
    this.restore();
  }

  /** Watches every management connection of this process until `end` is called. */
  static watch(): ManagementTimes {
    const { prototype } = ManagementConnection;
    const invoke = Reflect.get<ManagementConnection, 'invoke'>(prototype, 'invoke');
    const times = new ManagementTimes(() => {
      prototype.invoke = invoke;
    });
    prototype.invoke = async function (this: ManagementConnection, ...parameters: Parameters<Invoke>) {
      const call: Call = { operation: parameters[1], began: performance.now(), ended: Infinity };
      times.calls.push(call);
      try {
        return await invoke.apply(this, parameters);
      } finally {
        call.ended = performance.now();
      }
    };
    return times;
  }

  /** Milliseconds between the two moments during which at least one answer was awaited. */
  busy(from: number, to: number): number {
    const spans = this.calls
      .map(({ began, ended }) => [Math.max(began, from), Math.min(ended, to)] as const)
      .filter(([began, ended]) => ended > began)
      .sort(([a], [b]) => a - b);
    let total = 0;
    let covered = from;
    for (const [began, ended] of spans) {
      total += Math.max(0, ended - Math.max(began, covered));
      covered = Math.max(covered, ended);
    }
    return total;
  }

  /** The operations asked for between the two moments: how often, and the longest answer in milliseconds. */
  summary(from: number, to: number): string {
    const found = new Map<string, { count: number; longest: number }>();
    for (const { operation, began, ended } of this.calls) {
      if (began < from || began >= to) continue;
      const { count, longest } = found.get(operation) ?? { count: 0, longest: 0 };
      found.set(operation, { count: count + 1, longest: Math.max(longest, Math.min(ended, to) - began) });
    }
    return [...found].map(([name, { count, longest }]) => `${name} ${count}x <= ${longest.toFixed(0)} ms`).join(', ');
  }
}
