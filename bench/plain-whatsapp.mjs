// The plainest program that sends texts to a group and waits for the server's ack of each: whatsapp-web.js as it is, with
// the one thing without which it never gets ready, where the page has synced before the library listens.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import whatsapp from 'whatsapp-web.js';

const { dataPath, group, texts, ...puppeteer } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const client = new whatsapp.Client({
  authStrategy: new whatsapp.LocalAuth({ dataPath }),
  webVersionCache: { type: 'none' },
  puppeteer,
});
const ready = new Promise((resolve) => client.once('ready', resolve));
await client.initialize();
await client.pupPage.evaluate(async () => {
  const { Socket } = window.require('WAWebSocketModel');
  while (!Socket.hasSynced) await new Promise((resolve) => setTimeout(resolve, 50));
  if (window.WWebJS === undefined) window.onAppStateHasSyncedEvent();
});
await ready;
for (const text of texts) {
  const acked = new Promise((resolve) => {
    client.once('message_ack', (_message, ack) => ack >= 1 && resolve());
  });
  await client.sendMessage(group, text);
  await acked;
}
await client.destroy();
