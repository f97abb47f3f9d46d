import type { Step } from './step';

export const startMap: Step = {
  name: 'map-service',
  title: 'a network map service runs; it signs who is on the network',
  async play(scene) {
    const pid = await scene.startMapService();
    const url = scene.network.mapUrl ?? '';
    return { lines: [`${url}, process ${pid ?? '-'}`], facts: { url, pid: pid ?? null } };
  },
};
