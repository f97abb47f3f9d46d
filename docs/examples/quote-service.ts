import { Reject, type Messaging } from 'artemis-netmap/messaging';

/** Whoever offers quotes does it under this name, with others or alone. */
export const QUOTES = 'O=Quotes, L=Zurich, C=CH';

interface Quote {
  readonly isin: string;
  readonly cents: number;
}

/** The organisation that answers: gives quotes in the name of the service, and takes orders in its own. */
export async function serveQuotes(messaging: Messaging, prices: ReadonlyMap<string, number>): Promise<void> {
  await messaging.receive(
    async (request) => {
      const isin = request.body.toString();
      const cents = prices.get(isin);
      if (cents === undefined) throw new Reject(`no price for ${isin}`);
      await request.reply({ body: JSON.stringify({ isin, cents }), contentType: 'application/json' });
    },
    { as: QUOTES, topic: 'quote' },
  );
  await messaging.receive(
    async (order) => {
      const { isin, cents } = JSON.parse(order.body.toString()) as Quote;
      const buyer = order.sender.name ?? order.sender.id;
      const answer = prices.get(isin) === cents ? `sold to ${buyer}` : 'the price has changed';
      await order.reply({ body: answer });
    },
    { as: messaging.me.id, topic: 'order' },
  );
}

/** The organisation that asks: any of those who offer quotes answers, and gets the order. */
export async function buy(messaging: Messaging, isin: string): Promise<{ seller: string; answer: string }> {
  const offer = await messaging.request(QUOTES, { body: isin, topic: 'quote' });
  const seller = offer.sender;
  const order = { body: offer.body, contentType: offer.contentType, topic: 'order' };
  const confirmation = await messaging.request(seller.id, order, { timeoutMs: 10_000 });
  return { seller: seller.name ?? seller.id, answer: confirmation.body.toString() };
}
