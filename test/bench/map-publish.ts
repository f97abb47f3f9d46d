import { readFile } from 'node:fs/promises';
import type { MapClients } from './map-client';
import type { PooledPeer } from './peer-pool';

/** Gives the service a NodeInfo; throws when it does not take it. */
export async function publish(clients: MapClients, { file }: PooledPeer): Promise<void> {
  const { status, body } = await clients.ask('/network-map/publish', { body: await readFile(file) });
  if (status !== 200) throw new Error(`a NodeInfo was refused: ${body.toString()}`);
}

/** Waits until the map has so many nodes. */
export async function signed(signal: AbortSignal, clients: MapClients, nodes: number): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const { body } = await clients.ask('/network-map');
    const { payload } = JSON.parse(body.toString()) as { payload: string };
    const map = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { nodeInfoHashes: unknown[] };
    if (map.nodeInfoHashes.length === nodes) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
