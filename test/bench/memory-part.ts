import type { BenchPart } from './bench-context';
export const memoryPart: BenchPart = { name: 'memory', minutes: 12, run: async () => undefined };
