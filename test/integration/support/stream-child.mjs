// An application of its own that sends one generated stream, or receives one, as told by its one argument (JSON). Says what
// it does as JSON lines; begins at the first line of its standard input.
import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import messaging from '../../../dist/control/messaging.js';

const { role, configFile, to, bytes, folder, duplicateId, storedParts } = JSON.parse(process.argv[2]);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const CHUNK = 1_048_576;

/** The same bytes each time, and no two blocks alike. */
async function* generated(length) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  for (let left = length; left > 0; left -= CHUNK) yield cipher.update(zeros.subarray(0, Math.min(left, CHUNK)));
}

const node = await messaging.openMessaging({ configFile });
say({ what: 'ready' });
await once(process.stdin, 'data');
const start = Date.now();
if (role === 'send') {
  const onProgress = ({ parts }) => say({ what: 'stored', parts });
  const { sha256, length } = await node.sendStream(to, generated(bytes), { duplicateId, storedParts, onProgress });
  say({ what: 'sent', sha256, length, ms: Date.now() - start });
  await node.close();
  process.exit();
}
await node.receiveStreams(
  async (stream) => {
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of stream.stream()) {
      hash.update(chunk);
      length += chunk.length;
    }
    say({ what: 'received', sha256: hash.digest('hex'), length, ms: Date.now() - start });
  },
  { folder, onTrouble: (error) => say({ what: 'trouble', error: String(error) }) },
);
say({ what: 'reading' });
