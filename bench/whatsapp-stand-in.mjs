// WhatsApp Web's stand-in in a process of its own: asked over the IPC channel, it says what it has seen.
import process from 'node:process';
import { startWhatsAppWeb } from '../test/standins/whatsapp-web/index.ts';

/** WhatsApp's own server is not on this machine: an ack takes the way there and back. */
const web = await startWhatsAppWeb({ ackMs: 100 });
const answers = {
  scanQr: async () => web.scanQr(await web.qr()),
  seen: () => ({ visits: web.visits, acceptedAt: web.deliveries.map(({ at }) => at.getTime()) }),
};

process.on('message', async (question) => process.send({ answer: await answers[question]() }));
process.on('disconnect', () => process.exit());
process.send({ answer: { browserArgs: web.browserArgs, group: web.groups[0].id } });
