import { brokenStreams } from './broken-streams';
import { content } from './content';
import { conversing } from './conversing';
import { enduring } from './enduring';
import { example } from './example';
import { receiving } from './receiving';
import { rejecting } from './rejecting';
import { sending } from './sending';
import { streams } from './streams';
import type { World } from './world';

/** What every implementation of Messaging does. The world is started once, and is as new for each test. */
export function messagingContract(start: () => Promise<World>): void {
  let current: World | undefined;
  const world = (): World => {
    if (current === undefined) throw new Error('the world has not started');
    return current;
  };
  beforeAll(async () => {
    current = await start();
  }, 600_000);
  afterEach(() => current?.reset(), 120_000);
  afterAll(() => current?.stop(), 120_000);

  sending(world);
  content(world);
  receiving(world);
  rejecting(world);
  conversing(world);
  enduring(world);
  streams(world);
  brokenStreams(world);
  example(world);
}
