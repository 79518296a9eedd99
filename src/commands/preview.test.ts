import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { preview } from './preview.ts';
import type { PreviewOptions } from './preview-options.ts';
import { type Bench, beginSend, bench, claim, settle } from './testing.ts';

async function run(place: Bench, options: PreviewOptions) {
  const context = place.context();
  return { code: await preview(context, options), out: context.out(), err: context.err() };
}

test('a sample is shown without a ledger or a source, and none is made', async () => {
  const place = bench();
  const { code, out, err } = await run(place, {});
  expect(code).toBe(0);
  expect(out).toMatch(/^🚨 URGENT: RC METER STUCK 🚨\n\n📍 NOCS: /u);
  expect(out).toMatch(/Generated: 2 Jan 2025, 5:00 PM\n━{17}\nDPDC AMI Monitoring System\n$/u);
  expect(err).toContain('A sample: no such meter is late.');
  expect(err).toContain('It would go to group 120363000000000000@g.us (groups.default). Nothing was sent.');
  expect(existsSync(place.state)).toBe(false);
});

test('a sample can be of the other status, and for an office of choice', async () => {
  const { out, err } = await run(bench(), { status: 'alert', nocs: 'nocs dhanmondi' });
  expect(out).toMatch(/^⚠️ ALERT: RC METER DELAYED ⚠️\n\n📍 NOCS: nocs dhanmondi\n/u);
  expect(err).toContain('It would go to group 120363000000000001@g.us (groups.byNocs).');
});

test('a digest has as many different meters as were asked for, most urgent first', async () => {
  const { out } = await run(bench(), { digest: '7', nocs: 'NOCS Dhanmondi' });
  expect(out).toMatch(/^🚨 URGENT: 7 RC METERS LATE 🚨\n\n📍 NOCS: NOCS Dhanmondi\n/u);
  const lines = out.split('\n').filter((line) => /^\d+\. /.test(line));
  expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(7);
  const statuses = lines.map((line) => line.split(' · ')[1]);
  expect(statuses).toEqual([...statuses].sort().reverse());
});

test('a digest too long for one message comes in parts', async () => {
  const { out } = await run(bench(), { digest: '200', json: true });
  const { messages } = JSON.parse(out) as { messages: string[] };
  expect(messages.length).toBeGreaterThan(1);
  expect(messages[0]).toContain(`(1/${messages.length})`);
});

test('a meter of the ledger is shown with its values, and when it was told', async () => {
  const place = bench();
  const ledger = place.ledger();
  beginSend(ledger, '3EB0A', [claim(ledger, '0012', { nocs: 'NOCS Dhanmondi' })]);
  settle(ledger, '3EB0A', 'sent');
  const before = place.query('SELECT * FROM whatsapp_notifications');
  const { out, err } = await run(place, { meter: ' 0012 ' });
  expect(out).toContain('🔢 Meter: 0012\n👤 Customer: CUST123\n');
  expect(out).toContain('⌛ Duration: 2h 30m\n🕒 Triggered: 02-01-2025 14:30:00\n');
  expect(err).toContain('It was told on 2025-01-02 17:00; the text as sent: rc-notify history --meter 0012');
  expect(err).toContain('It would go to group 120363000000000001@g.us');
  expect(place.query('SELECT * FROM whatsapp_notifications')).toEqual(before);
});

test('a meter the ledger does not know is read from the source: its oldest command', async () => {
  const place = bench();
  writeFileSync(
    join(place.directory, 'rc-commands.csv'),
    'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n0012,NOCS Ramna,300\n0012,NOCS Ramna,7500\n,broken,1\n',
  );
  const { out, err } = await run(place, { meter: '0012' });
  expect(out).toContain('⏱️ Status: STUCK\n⌛ Duration: 2h 5m\n');
  expect(err).toMatch(/Meter 0012 as it is now in file .*rc-commands.csv; the ledger does not know it./);
  expect(existsSync(place.state)).toBe(false);
});

test('a meter that is not late yet is shown as it would be first told', async () => {
  const place = bench();
  writeFileSync(
    join(place.directory, 'rc-commands.csv'),
    'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n0012,NOCS Ramna,300\n',
  );
  const { out, err } = await run(place, { meter: '0012' });
  expect(out).toMatch(/^⚠️ ALERT/u);
  expect(err).toContain('It is not late yet, so nothing would be sent now.');
});

test('a meter nobody knows is an error that says how numbers are written', async () => {
  const place = bench();
  writeFileSync(
    join(place.directory, 'rc-commands.csv'),
    'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n0012,NOCS Ramna,300\n',
  );
  await expect(run(place, { meter: '12' })).rejects.toMatchObject({
    code: 'ERR_RC_NO_SUCH_METER',
    exitCode: 1,
    hint: expect.stringContaining('leading zeros'),
  });
});

test('an office outside the pilot is told apart from one without a group', async () => {
  const place = bench();
  const config = join(place.directory, 'rc-notify.config.yaml');
  writeFileSync(config, 'source: {type: file}\nchannel: terminal\nrules: {onlyNocs: [NOCS Ramna]}\n');
  expect((await run(place, { nocs: 'NOCS Other' })).err).toContain('rules.onlyNocs leaves NOCS Other alone');
  expect((await run(place, { nocs: 'nocs ramna' })).err).toContain('It would wait: neither groups.byNocs');
});

test('--json prints one object', async () => {
  const { out, err } = await run(bench(), { json: true, nocs: 'NOCS Dhanmondi' });
  expect(JSON.parse(out)).toEqual({
    origin: 'sample',
    nocsName: 'NOCS Dhanmondi',
    groupId: '120363000000000001@g.us',
    routedBy: 'nocs',
    messages: [expect.stringContaining('RC METER STUCK')],
  });
  expect(err).toBe('');
});

test.each<[string, PreviewOptions]>([
  ['a digest of one meter by name', { meter: '1', digest: '2' }],
  ['a digest of none', { digest: '0' }],
  ['a digest of words', { digest: 'seven' }],
  ['a status that is never told', { status: 'NORMAL' }],
  ['an empty meter', { meter: ' ' }],
  ['an empty office', { nocs: '' }],
])('%s is refused as wrong usage', async (_, options) => {
  await expect(run(bench(), options)).rejects.toMatchObject({ code: 'ERR_RC_USAGE', exitCode: 64 });
});
