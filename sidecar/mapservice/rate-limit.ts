import type { Clock } from '../lib/clock';

export interface RateSettings {
  /** Requests a minute that one address may make; as many may come at once after a quiet minute. */
  readonly perMinute: number;
  /** Addresses that are remembered; the one that was quiet longest is forgotten. */
  readonly maxAddresses?: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const MINUTE_MS = 60_000;
const MAX_ADDRESSES = 50_000;

/** Bounds how often one address may ask. */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly settings: RateSettings,
  ) {}

  /** Undefined when the address may go on; else the milliseconds until it may. */
  take(address: string): number | undefined {
    const { perMinute, maxAddresses = MAX_ADDRESSES } = this.settings;
    const network = networkOf(address);
    const now = this.clock.now();
    const before = this.buckets.get(network) ?? { tokens: perMinute, at: now };
    const grown = before.tokens + (Math.max(0, now - before.at) * perMinute) / MINUTE_MS;
    const tokens = Math.min(perMinute, grown);
    const isGood = tokens >= 1;
    this.buckets.delete(network);
    this.buckets.set(network, { tokens: isGood ? tokens - 1 : tokens, at: now });
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > maxAddresses && oldest !== undefined) this.buckets.delete(oldest);
    return isGood ? undefined : Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute);
  }
}

/** One who has an IPv6 address has 2^64 of them. */
function networkOf(address: string): string {
  return address.includes(':') && !address.includes('.') ? prefixOf(address) : address;
}

function prefixOf(address: string): string {
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':');
}
