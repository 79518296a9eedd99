import { expect, onTestFinished, test } from 'vitest';
import { openScanLedger } from './sqlite/scan-ledger.ts';
import { addNotification, temporaryLedger } from './testing.ts';

const AT = '2025-01-02T10:00:00.000Z';
const SENT = { status: 'sent', ack: 1, error: null, at: AT, nextAttempt: () => null } as const;
const REFUSED = { ...SENT, status: 'failed', ack: null, error: 'no' } as const;

test('a message that is settled stays as it is, with its rows: settling it once more is a bug', () => {
  const { directory, database } = temporaryLedger();
  const ledger = openScanLedger(directory, new Date(AT));
  onTestFinished(() => ledger.close());
  const id = addNotification(database, { send_status: 'pending' });
  const facts = ledger.notification(id);
  if (facts === null) throw new Error('it is gone');
  const to = { channel: 'whatsapp', groupId: '1@g.us', account: null, text: 'text', idImposed: true };
  ledger.beginSend({ ...to, id: '3EB0A', rows: [{ id, facts, note: null }] }, 1, AT);
  expect(ledger.settle('3EB0A', SENT, AT)).toBe(1);
  const settled = [ledger.notification(id), database.prepare('SELECT * FROM messages').all()];

  const later = '2025-01-02T11:00:00.000Z';
  for (const again of [SENT, REFUSED]) {
    expect(() => ledger.settle('3EB0A', again, later)).toThrow('3EB0A is settled already');
  }
  // Rows that say otherwise than their message, as nothing but another program could make them.
  database.prepare("UPDATE whatsapp_notifications SET send_status = 'unknown'").run();
  expect(() => ledger.settle('3EB0A', REFUSED, later)).toThrow('3EB0A is settled already');
  database.prepare("UPDATE whatsapp_notifications SET send_status = 'sent'").run();
  expect([ledger.notification(id), database.prepare('SELECT * FROM messages').all()]).toEqual(settled);
});
