import type { BenchPart } from './bench-context';
export const bridgePart: BenchPart = { name: 'bridge', minutes: 12, run: async () => undefined };
