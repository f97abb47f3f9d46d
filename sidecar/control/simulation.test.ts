import type { Peer } from '../network/peer';
import { renderInstance } from '../render/instance';
import { MATERIAL, peer } from '../../test/faults/model/network';
import { Chance } from '../../test/faults/model/random';
import { DRIFT_MS, World } from '../../test/faults/model/world';

const HISTORIES = 300;
const FIRST_SEED = Number(process.env.NETMAP_SIMULATION_SEED ?? 1);
/** Shares of the steps to disk and broker that fail. */
const FAULTS = [0, 0.02, 0.1];
const LETTERS = ['A', 'B', 'C', 'D', 'E'];
/** Longer than the longest wait between two attempts. */
const CALM_MS = 70_000;

/** Some of the peers, now and then at another address. */
function someMap(chance: Chance): Peer[] {
  return LETTERS.filter(() => chance.hits(0.5)).map((letter) => peer(letter, chance.between(1, 2)));
}

function event(world: World, chance: Chance): void {
  const kind = chance.between(0, 9);
  if (kind <= 3) world.publish(someMap(chance));
  else if (kind <= 5) world.send();
  else if (kind === 6 && world.life !== undefined) {
    world.kill();
    world.clock.after(chance.between(1, 2_000), () => world.boot());
  } else if (kind === 7 && world.broker.up) {
    world.broker.stop();
  } else if (kind === 8) {
    const name = `peer.DL${chance.pick(LETTERS) ?? ''}`;
    if (!world.unreachable.delete(name)) world.unreachable.add(name);
  } else world.faults = chance.pick(FAULTS) ?? 0;
}

/** One history: chance for half a minute of virtual time, then calm until everything must have come right. */
async function play(seed: number): Promise<string[]> {
  const chance = new Chance(seed);
  const world = new World(chance, chance.hits(0.5) ? 'embedded' : 'attached', chance.hits(0.3) ? 2 : 100);
  world.publish(someMap(chance));
  world.faults = chance.pick(FAULTS) ?? 0;
  world.superviseBroker();
  world.boot();
  for (let step = 0; step < 20; step += 1) {
    await world.clock.advance(chance.between(0, 2_500));
    event(world, chance);
    world.check();
  }
  world.faults = 0;
  world.unreachable.clear();
  await world.clock.advance(5_000);
  // What the broker refuses is held until there is another map.
  if (world.refusals > 0) world.publish(someMap(chance));
  await world.clock.advance(CALM_MS);
  const calm = world.writes.length;
  await world.clock.advance(DRIFT_MS + 1_000);
  const needless = world.writes.slice(calm);
  world.publish(world.peers);
  await world.clock.advance(1_000);
  world.check();
  // What is kept of the map names its revision.
  needless.push(...world.writes.slice(calm).filter(({ what }) => !what.startsWith('state')));
  return [...world.violations, ...unlike(world), ...needless.map(({ what }) => `no need to ${what}`)];
}

/** In what the broker differs from what the newest map asks for. */
function unlike(world: World): string[] {
  const { life, wanted, broker, disk } = world;
  if (life === undefined) return ['no sidecar'];
  const status = life.sidecar.status();
  const found: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) found.push(what);
  };
  expect(status.held === undefined, `held: ${status.held?.message ?? ''}`);
  const active = life.bridges.activeBridges();
  for (const { path, content } of renderInstance(wanted, MATERIAL.stores, active))
    expect(disk.get(path) === content, `${path} is of another plan`);
  const grants = wanted.permissions.filter(({ place }) => place === 'peer');
  for (const { match, role } of grants)
    expect(broker.grants.get(match)?.has(role) === true, `${role} may not ${match}`);
  const live = [...broker.grants].flatMap(([match, roles]) => [...roles].map((role) => `${role} ${match}`));
  expect(live.length === grants.length, `granted are ${live.join(', ')}`);
  for (const { name } of [...wanted.addresses, ...wanted.staticAddresses])
    expect(broker.addresses.has(name), `no address ${name}`);
  for (const { name } of [...wanted.queues, ...wanted.staticQueues]) {
    expect(broker.queues.has(name), `no queue ${name}`);
    expect(broker.queues.get(name)?.messages === 0, `${name} holds messages`);
    expect(broker.queues.get(name)?.closed !== true, `${name} takes nothing`);
  }
  const known = new Set([...wanted.queues, ...wanted.staticQueues].map(({ name }) => name));
  for (const [name, { messages }] of broker.queues)
    expect(known.has(name) || messages > 0, `${name} is there, and empty, for nobody`);
  const names = [...broker.connections.keys()].sort().join();
  expect(
    names ===
      active
        .map(({ name }) => name)
        .sort()
        .join(),
    `connections are ${names}`,
  );
  for (const [name, { started }] of broker.connections) expect(!started, `${name} is still connected`);
  return found;
}

test(`${HISTORIES} histories of changes, faults, crashes and restarts come right`, async () => {
  const wrong: Record<string, string[]> = {};
  for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed += 1) {
    const violations = await play(seed);
    if (violations.length > 0) wrong[`seed ${seed}`] = violations.slice(0, 5);
  }
  expect(wrong).toEqual({});
}, 300_000);
