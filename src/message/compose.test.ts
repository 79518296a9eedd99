import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { styledRuns } from '../channel/terminal/markup.ts';
import { createComposer } from './compose.ts';
import type { Notice } from './composer.ts';

const MESSAGE = {
  footer: 'DPDC AMI Monitoring System',
  timezone: 'Asia/Dhaka',
  currency: '৳',
  currencyGrouping: 'western',
  template: null,
} as const;
const FIVE_PM = new Date('2025-01-02T11:00:00Z');
const stuck: Notice = {
  meterNumber: '12345678',
  nocsName: 'NOCS-1',
  customerId: 'CUST123',
  balance: '1234.56',
  triggeredAt: Date.parse('2025-01-02T08:30:00Z'),
  durationStatus: 'STUCK',
  durationMinutes: 150,
};
const alert: Notice = { ...stuck, durationStatus: 'ALERT', durationMinutes: 60 };
const composer = await createComposer(MESSAGE);
const many = (count: number, notice: Notice): Notice[] =>
  Array.from({ length: count }, (_, index) => ({ ...notice, meterNumber: `M${index + 1}` }));

describe('the message about one meter', () => {
  it('is to the letter what DPDC asked for', () => {
    expect(composer.single(stuck, FIVE_PM)).toBe(`🚨 URGENT: RC METER STUCK 🚨

📍 NOCS: NOCS-1
🔢 Meter: 12345678
👤 Customer: CUST123

⏱️ Status: STUCK
⌛ Duration: 2h 30m
🕒 Triggered: 02-01-2025 14:30:00

💰 Balance: ৳1,234.56

⚠️ Action Required:
Requires physical connection - manual intervention needed

Generated: 2 Jan 2025, 5:00 PM
━━━━━━━━━━━━━━━━━
DPDC AMI Monitoring System`);
  });

  it('asks to watch an ALERT', () => {
    expect(composer.single({ ...alert, balance: '-50' }, FIVE_PM)).toBe(`⚠️ ALERT: RC METER DELAYED ⚠️

📍 NOCS: NOCS-1
🔢 Meter: 12345678
👤 Customer: CUST123

⏱️ Status: ALERT
⌛ Duration: 1h 0m
🕒 Triggered: 02-01-2025 14:30:00

💰 Balance: -৳50.00

⚠️ Action Required:
Remote connection delayed - monitor and prepare for manual intervention

Generated: 2 Jan 2025, 5:00 PM
━━━━━━━━━━━━━━━━━
DPDC AMI Monitoring System`);
  });

  it('drops the lines of what is missing, and the block that is empty then', () => {
    const bare = { ...stuck, nocsName: null, customerId: null, balance: null, triggeredAt: null };
    expect(composer.single(bare, FIVE_PM)).toBe(`🚨 URGENT: RC METER STUCK 🚨

📍 NOCS: unknown
🔢 Meter: 12345678

⏱️ Status: STUCK
⌛ Duration: 2h 30m

⚠️ Action Required:
Requires physical connection - manual intervention needed

Generated: 2 Jan 2025, 5:00 PM
━━━━━━━━━━━━━━━━━
DPDC AMI Monitoring System`);
    expect(composer.single({ ...bare, nocsName: ' ', customerId: '\u200b', balance: '' }, FIVE_PM)).toBe(
      composer.single(bare, FIVE_PM),
    );
  });

  it('shows a balance that is no number as the text it is', () => {
    expect(composer.single({ ...stuck, balance: '12 Tk' }, FIVE_PM)).toContain('\n💰 Balance: 12 Tk\n');
  });
});

describe('a digest', () => {
  it('is to the letter what DPDC asked for', () => {
    const notices = [
      ...many(5, stuck),
      { ...alert, meterNumber: 'M6', customerId: null },
      { ...alert, meterNumber: 'M7', balance: null },
    ];
    const [part, ...others] = composer.digest(notices, FIVE_PM);
    expect(part?.text).toBe(`🚨 URGENT: 7 RC METERS LATE 🚨

📍 NOCS: NOCS-1
🚨 STUCK 5 · ⚠️ ALERT 2

1. M1 · STUCK · 2h 30m · CUST123 · ৳1,234.56
2. M2 · STUCK · 2h 30m · CUST123 · ৳1,234.56
3. M3 · STUCK · 2h 30m · CUST123 · ৳1,234.56
4. M4 · STUCK · 2h 30m · CUST123 · ৳1,234.56
5. M5 · STUCK · 2h 30m · CUST123 · ৳1,234.56
6. M6 · ALERT · 1h 0m · ৳1,234.56
7. M7 · ALERT · 1h 0m · CUST123

⚠️ Action Required:
Requires physical connection - manual intervention needed

Generated: 2 Jan 2025, 5:00 PM
━━━━━━━━━━━━━━━━━
DPDC AMI Monitoring System`);
    expect(part?.notices).toEqual(notices);
    expect(others).toEqual([]);
  });

  it('of ALERTs alone asks to watch them', () => {
    expect(composer.digest(many(2, alert), FIVE_PM)[0]?.text).toBe(`⚠️ ALERT: 2 RC METERS DELAYED ⚠️

📍 NOCS: NOCS-1
⚠️ ALERT 2

1. M1 · ALERT · 1h 0m · CUST123 · ৳1,234.56
2. M2 · ALERT · 1h 0m · CUST123 · ৳1,234.56

⚠️ Action Required:
Remote connection delayed - monitor and prepare for manual intervention

Generated: 2 Jan 2025, 5:00 PM
━━━━━━━━━━━━━━━━━
DPDC AMI Monitoring System`);
  });

  it('of one meter is a digest all the same', () => {
    const [part] = composer.digest([stuck], FIVE_PM);
    expect(part?.text).toContain('\n🚨 STUCK 1\n\n1. 12345678 · STUCK · 2h 30m · CUST123 · ৳1,234.56\n\n');
  });

  it('of several NOCS names each in its line', () => {
    const [part] = composer.digest([stuck, { ...alert, nocsName: null }], FIVE_PM);
    expect(part?.text).toContain(`📍 NOCS: several
🚨 STUCK 1 · ⚠️ ALERT 1

1. 12345678 · NOCS-1 · STUCK · 2h 30m · CUST123 · ৳1,234.56
2. 12345678 · unknown · ALERT · 1h 0m · CUST123 · ৳1,234.56
`);
  });

  it('takes two spellings of one NOCS for one', () => {
    const [part] = composer.digest([stuck, { ...stuck, nocsName: ' nocs-1' }], FIVE_PM);
    expect(part?.text).toContain('📍 NOCS: NOCS-1\n');
  });

  it('too long for one message goes on in numbered parts, the counts being those of all', () => {
    const notices = [...many(150, stuck), ...many(50, alert)];
    const parts = composer.digest(notices, FIVE_PM);
    expect(parts.map(({ text }) => text.split('\n').slice(0, 4))).toEqual(
      parts.map((_, index) => [
        `🚨 URGENT: 200 RC METERS LATE 🚨 (${index + 1}/${parts.length})`,
        '',
        '📍 NOCS: NOCS-1',
        '🚨 STUCK 150 · ⚠️ ALERT 50',
      ]),
    );
    expect(parts.length).toBe(3);
    expect(parts.flatMap((part) => part.notices)).toEqual(notices);
    for (const { text } of parts) {
      expect(text.length).toBeLessThanOrEqual(4096);
      expect(text.endsWith('\nDPDC AMI Monitoring System')).toBe(true);
    }
    const numbers = parts.flatMap(({ text }) =>
      Array.from(text.matchAll(/^(\d+)\. /gm), ([, number]) => Number(number)),
    );
    expect(numbers).toEqual(notices.map((_, index) => index + 1));
  });

  it('of nothing is a bug', () => expect(() => composer.digest([], FIVE_PM)).toThrow('no notices'));
});

describe('whatever the database holds', () => {
  const pieces = fc.constantFrom(
    ...'*_~`-> a1\n\r\t',
    '```',
    '1. ',
    '- ',
    '\u2028',
    '\u202e',
    '\u200b',
    'ক্ষ',
  );
  const text = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(pieces, { maxLength: 100 }).map((some) => some.join('')),
    )
    // Visible in any case, so that no line may be dropped.
    .map((some) => `x${some}`);
  const hostile = fc
    .record({ meterNumber: text, nocsName: text, customerId: text, balance: text })
    .map((fields): Notice => ({ ...stuck, ...fields }));
  const formats = (line: string): boolean => styledRuns(line).some((run) => run.styles.length > 0);

  it('a message keeps its lines, formats nothing and fits', () => {
    const labels = (message: string): string[] =>
      message.split('\n').map((line) => line.replace(/: .*/su, ':'));
    const form = labels(composer.single(stuck, FIVE_PM));
    fc.assert(
      fc.property(hostile, (notice) => {
        const message = composer.single(notice, FIVE_PM);
        expect(labels(message)).toEqual(form);
        expect(message.split('\n').filter(formats)).toEqual([]);
        expect(message.length).toBeLessThanOrEqual(4096);
      }),
      { numRuns: 500 },
    );
  });

  it('a digest has one line a meter, in order, formats nothing and fits', () => {
    const notices = fc.array(hostile, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(notices, (some) => {
        const parts = composer.digest(some, FIVE_PM);
        expect(parts.flatMap((part) => part.notices)).toEqual(some);
        for (const part of parts) {
          const lines = part.text.split('\n');
          expect(lines).toHaveLength(part.notices.length + 12);
          expect(lines.filter(formats)).toEqual([]);
          expect(part.text.length).toBeLessThanOrEqual(4096);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('where a template fails on a meter the samples did not foresee', () => {
  it('that message has the built-in text, the others the template, and somebody hears of it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rc-notify-'));
    const template = join(directory, 'message.liquid');
    writeFileSync(
      template,
      '{% if meter == "13" %}{% for i in (1..5000) %}.{% endfor %}{% else %}Late: {{ meter }}{% endif %}',
    );
    const heard: string[] = [];
    const composer = await createComposer({ ...MESSAGE, template }, (error) => heard.push(error.code));

    expect(composer.single({ ...stuck, meterNumber: '12' }, FIVE_PM)).toBe('Late: 12');
    expect(composer.single({ ...stuck, meterNumber: '13' }, FIVE_PM)).toContain('🔢 Meter: 13');
    expect(heard).toEqual(['ERR_RC_TEMPLATE']);
    rmSync(directory, { recursive: true });
  });
});
