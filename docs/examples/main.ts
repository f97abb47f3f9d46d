import { openMessaging } from 'artemis-netmap/messaging';
import { buy, serveQuotes } from './quote-service';

const [role, configFile = 'netmap.yaml', isin = 'CH0012032048'] = process.argv.slice(2);

async function main(): Promise<void> {
  const messaging = await openMessaging({ configFile });
  if (role === 'sell') {
    await serveQuotes(messaging, new Map([['CH0012032048', 27_130]]));
    process.once('SIGINT', () => void messaging.close());
    return;
  }
  process.stdout.write(`${JSON.stringify(await buy(messaging, isin))}\n`);
  await messaging.close();
}

void main();
