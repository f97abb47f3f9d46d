import type { Step } from './step';

export const startNodes: Step = {
  name: 'start',
  title: 'three nodes run, each with a stock broker of its own, configured and proven',
  async play({ nodes }) {
    await Promise.all(nodes.map((node) => node.start()));
    const started = nodes.map(({ name, pid, dev, config }) => ({ name, pid, ports: dev.ports, config: config.file }));
    return {
      lines: started.map(({ name, pid, ports }) => `${name}: p2p at 127.0.0.1:${ports.p2p}, process ${pid ?? '-'}`),
      facts: { nodes: started },
    };
  },
};
