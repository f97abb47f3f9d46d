// An application of its own that notes each message that it has handled in a file, by its duplicate ID, before it acknowledges
// it. Handles none whose header `poison` names a way to fail, unless it is repaired. Told by its one argument (JSON).
import { openSync, writeSync } from 'node:fs';
import messaging from '../../../dist/control/messaging.js';

const { configFile, file, repaired } = JSON.parse(process.argv[2]);
const notes = openSync(file, 'a');

const node = await messaging.openMessaging({ configFile });
await node.receive(({ headers: { poison }, duplicateId }) => {
  if (!repaired && poison === 'rejects') throw new messaging.Reject(`${duplicateId} is no order`);
  if (!repaired && poison === 'throws') throw new Error('it cannot be handled');
  writeSync(notes, `${duplicateId}\n`);
});
