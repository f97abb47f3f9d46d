import { buy, serveQuotes } from '../../../docs/examples/quote-service';
import { NAMES, type World } from './world';

/** The example of the documentation, as it stands there. */
export function example(world: () => World): void {
  describe('the example: quotes', () => {
    test('one organisation asks a service, and orders from whoever answered', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const prices = new Map([['CH0012032048', 27_130]]);
      await Promise.all([serveQuotes(b, prices), serveQuotes(c, prices)]);
      const { seller, answer } = await buy(a, 'CH0012032048');
      expect([NAMES.b, NAMES.c]).toContain(seller);
      expect(answer).toBe(`sold to ${NAMES.a}`);
    });

    test('a request that cannot be served is in the dead letters of whoever got it', async () => {
      const b = await world().open('b');
      await serveQuotes(b, new Map());
      await expect(
        b.request(NAMES.service, { body: 'nothing', topic: 'quote' }, { timeoutMs: 2_000 }),
      ).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
      await world().until('it is dead', async () => (await world().deadLetters('b')).length === 1);
      expect((await world().deadLetters('b'))[0]?.properties['netmap_dead_reason']).toBe('no price for nothing');
    });
  });
}
