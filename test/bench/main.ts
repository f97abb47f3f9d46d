import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { applyPart } from './apply-part';
import { bridgePart } from './bridge-part';
import { mapPart } from './map-part';
import { messagingPart } from './messaging-part';
import { memoryPart } from './memory-part';
import { planPart } from './plan-part';
import { benchReport, table } from './report';
import { relayPart } from './relay-part';
import { runParts } from './run-parts';
import { stompInPart } from './stomp-in-part';

const PARTS = [planPart, applyPart, bridgePart, messagingPart, mapPart, relayPart, stompInPart, memoryPart];
const USAGE = `Usage: npm run bench -- [--json FILE] [PART…]
Parts: ${PARTS.map(({ name }) => name).join(', ')}; all unless named.`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
  if (values.help || unknown.length > 0) {
    console.error(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n${USAGE}` : USAGE);
    return unknown.length > 0 ? 2 : 0;
  }
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => abort.abort(new Error(`ended by ${signal}`)));
  }
  const wanted = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const parts = await runParts(wanted, abort.signal);
  const json = JSON.stringify(benchReport(new Date(), parts), undefined, 2);
  console.log(`\n${table(parts)}\n${json}`);
  if (values.json !== undefined) await writeFile(values.json, `${json}\n`);
  return parts.some(({ error }) => error !== undefined) ? 1 : 0;
}

function readArguments(): { values: { json?: string; help: boolean }; positionals: string[] } {
  try {
    return parseArgs({
      options: { json: { type: 'string' }, help: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
