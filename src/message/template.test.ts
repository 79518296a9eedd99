import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RcError } from '../errors.ts';
import { createComposer } from './compose.ts';
import type { Composer } from './composer.ts';
import { sampleNotices } from './sample.ts';

const NOW = new Date('2025-01-02T11:00:00Z');
const notices = sampleNotices(NOW);
const [stuck, alert, bengali] = notices;
if (!stuck || !alert || !bengali) throw new Error('three samples are needed');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'template-'));
});
afterAll(() => rm(folder, { recursive: true }));

function composerOf(template: string): Promise<Composer> {
  const footer = 'DPDC AMI Monitoring System';
  return createComposer({
    footer,
    timezone: 'Asia/Dhaka',
    currency: '৳',
    currencyGrouping: 'western',
    template,
  });
}

async function written(source: string | Uint8Array): Promise<Composer> {
  const path = join(folder, 'message.liquid');
  await writeFile(path, source);
  return composerOf(path);
}

async function refused(making: Promise<Composer>): Promise<string> {
  const error = await making.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RcError)) throw new Error(`no RcError but ${error}`);
  expect(error).toMatchObject({ code: 'ERR_RC_TEMPLATE', exitCode: 78 });
  expect(error.hint).toContain('rc-notify preview');
  return error.message.replace(folder, '');
}

describe('a template', () => {
  it('words a single message and a digest from one file', async () => {
    const composer = await written(
      `{% if digest %}{{ total }} late: {{ stuck }}+{{ alert }} at {{ nocs | default: "several" }}
{%- for m in meters %}
{{ forloop.index }}/{{ m.number }} {{ m.meter }} {{ m.nocs }} {{ m.status }} {{ m.hours }}:{{ m.minutes }} {{ m.customer | default: "-" }}
{%- endfor %}{% else %}{{ meter }} {{ nocs }} {{ customer }} {{ status }} {{ duration }} {{ triggered }} {{ balance }} {{ total }}{{ stuck }}{{ alert }} {{ meters[0].meter }}{% endif %}
{{ generated }} {{ part }}/{{ parts }} {{ footer }}
`,
    );
    expect(composer.single(stuck, NOW)).toBe(
      `01234567890 NOCS Mugdapara 10250417 STUCK 2h 30m 02-01-2025 14:30:00 ৳1,234.56 110 01234567890
2 Jan 2025, 5:00 PM 1/1 DPDC AMI Monitoring System`,
    );
    expect(composer.digest([stuck, alert], NOW)).toEqual([
      {
        text: `2 late: 1+1 at NOCS Mugdapara
1/1 01234567890 NOCS Mugdapara STUCK 2:30 10250417
2/2 01234567907 NOCS Mugdapara ALERT 1:15 10250988
2 Jan 2025, 5:00 PM 1/1 DPDC AMI Monitoring System`,
        notices: [stuck, alert],
      },
    ]);
    expect(composer.digest([stuck, bengali], NOW)[0]?.text).toContain('at several');
  });

  it('is given harmless values only', async () => {
    const composer = await written('{{ nocs }}|{{ meter }}|{{ customer }}');
    const hostile = { ...stuck, nocsName: '- *x*\n> y', meterNumber: '*1*', customerId: 'a\n_b_' };
    expect(composer.single(hostile, NOW)).toBe('\u2060- \u2060*\u2060x\u2060*\u2060 > y|∗1∗|a ˍbˍ');
  });

  it('splits a digest so that each part fits, no line divided', async () => {
    const composer = await written(
      '{{ part }} of {{ parts }}{% for m in meters %}\n{{ m.number }} {{ m.meter }} {{ "padding" | append: m.duration }}{% endfor %}{% if part == parts %}\n{{ "the end " | append: footer }}{% endif %}',
    );
    const all = Array.from({ length: 400 }, () => notices).flat();
    const parts = composer.digest(all, NOW);
    expect(parts.length).toBeGreaterThan(10);
    expect(parts.flatMap((part) => part.notices)).toEqual(all);
    parts.forEach(({ text, notices: some }, index) => {
      expect(text.length).toBeLessThanOrEqual(4096);
      expect(text.split('\n')[0]).toBe(`${index + 1} of ${parts.length}`);
      expect(text.match(/^\d+ 0\d+ padding\d+h \d+m$/gm)).toHaveLength(some.length);
    });
  });

  it('may start with a byte order mark and end its lines the DOS way', async () => {
    const composer = await written('\ufeff{{ meters[0].meter }}\r\n{{ generated }}\r\n');
    expect(composer.single(stuck, NOW)).toBe('01234567890\n2 Jan 2025, 5:00 PM');
  });
});

describe('a template is refused when the composer is made', () => {
  it.each([
    ['{{ meter }}\n{{ metre }}', 'line 2: unknown variable metre'],
    ['{{ meter }}\n{% if false %}\n{{ metre }}{% endif %}', 'line 3: unknown variable metre'],
    [
      '{{ meter }}{% for m in meters %}{% if false %}\n{{ m.metre }}{% endif %}{% endfor %}',
      'line 2: unknown variable m.metre',
    ],
    ['{{ meter }}{% if false %}{{ nocs.name }}{% endif %}', 'line 1: unknown variable nocs.name'],
    ['{{ meter }}{% if false %}{{ meters[0].metre }}{% endif %}', 'line 1: unknown variable meters[0].metre'],
    ['{{ meter }}{% if false %}{{ meters[which].meter }}{% endif %}', 'line 1: unknown variable which'],
    ['{{ meter }}\n{% if false %}{{ meter | shout }}{% endif %}', 'line 2: undefined filter: shout'],
    ['{{ meters | where_exp: "m", "m.metre == 1" }}', 'line 1: undefined filter: where_exp'],
    ['{{ meter }}\n{% if digest %}', 'line 2: tag {% if digest %} not closed'],
    ['{{ meter }}\n\n{% iff %}', 'line 3: tag "iff" not found'],
    ['{{ meter', 'line 1: output "{{ meter" not closed'],
    ['{% if true %}{% include "/etc/passwd" %}{% endif %}', 'line 1: tag "include" not found'],
    ['{% render "other.liquid" %}', 'line 1: tag "render" not found'],
    ['{% layout "other.liquid" %}', 'line 1: tag "layout" not found'],
    ['{{ meter }}{{ "now" | date: "%1000000000Y" }}', 'line 1: memory alloc limit exceeded'],
    ['{{ meter }}{% for i in (1..1000000000) %}x{% endfor %}', 'line 1: memory alloc limit exceeded'],
    [
      '{% for i in (1..5000) %}x{% endfor %}',
      'it makes a message of 5000 characters, where WhatsApp takes 4096',
    ],
    ['{% if customer %}{{ meter }}{% endif %}', 'it makes an empty message'],
    ['', 'it makes an empty message'],
  ])('%j', async (source, reason) => {
    const message = await refused(written(source));
    expect(message.replace(', line', ': line')).toBe(`The message template /message.liquid: ${reason}.`);
  });

  it('where it would grow without end', async () => {
    const doubled =
      '{% assign s = "0123456789" %}{% for i in (1..60) %}{% capture s %}{{ s }}{{ s }}{% endcapture %}{% endfor %}{{ s }}';
    expect(await refused(written(doubled))).toMatch(/Invalid string length|WhatsApp takes 4096/);
  });

  it('where it is nested deeper than it can be read', async () => {
    const depth = 3000;
    const source = `${'{% if 1 %}'.repeat(depth)}{{ meter }}${'{% endif %}'.repeat(depth)}`;
    expect(await refused(written(source))).toContain('Maximum call stack size exceeded');
  });

  it('where a loop would not end in time', async () => {
    const loops = [1, 2, 3, 4].map((depth) => `{% for i${depth} in (1..90) %}`).join('');
    const source = `${loops}{{ meter }}${'{% endfor %}'.repeat(4)}`;
    expect(await refused(written(source))).toMatch(/limit exceeded/);
  });

  it('where the file can not be read, is none, is no text or is far too large', async () => {
    expect(await refused(composerOf(join(folder, 'absent.liquid')))).toContain('can not be read: ENOENT');
    expect(await refused(composerOf(folder))).toContain('can not be read: it is not a file');
    expect(await refused(composerOf('/dev/zero'))).toContain('can not be read: it is not a file');
    expect(await refused(written(Uint8Array.of(0xff, 0xfe, 0x41)))).toContain('can not be read: ');
    expect(await refused(written('x'.repeat(70_000)))).toContain('larger than 65536 bytes');
  });

  it('where the digest of one meter would not fit', async () => {
    const source = '{% if digest %}{% for i in (1..4100) %}x{% endfor %}{% else %}{{ meter }}{% endif %}';
    expect(await refused(written(source))).toContain('it makes a message of 4100 characters');
  });
});

describe('the Bengali example', () => {
  const path = fileURLToPath(new URL('../../examples/message-bn.liquid', import.meta.url));

  it('words a single message with all its fields, and without those that are missing', async () => {
    const composer = await composerOf(path);
    expect(composer.single(stuck, NOW)).toBe(`🚨 জরুরি: আরসি মিটার আটকে আছে 🚨

📍 এনওসিএস: NOCS Mugdapara
🔢 মিটার: 01234567890
👤 গ্রাহক: 10250417

⏱️ অবস্থা: আটকে আছে
⌛ সময় পেরিয়েছে: 2 ঘণ্টা 30 মিনিট
🕒 কমান্ডের সময়: 02-01-2025 14:30:00

💰 ব্যালেন্স: ৳1,234.56

⚠️ করণীয়:
সরেজমিনে গিয়ে সংযোগ দিতে হবে - নিজ হাতে ব্যবস্থা নেওয়া প্রয়োজন

তৈরি: 2 Jan 2025, 5:00 PM
━━━━━━━━━━━━━━━━━
DPDC AMI Monitoring System`);
    const bare = { ...alert, customerId: null, triggeredAt: null, balance: null };
    expect(composer.single(bare, NOW)).toContain(`🔢 মিটার: 01234567907

⏱️ অবস্থা: বিলম্বিত
⌛ সময় পেরিয়েছে: 1 ঘণ্টা 15 মিনিট

⚠️ করণীয়:
দূর থেকে`);
  });

  it('words a digest, its counts leaving out what is zero', async () => {
    const composer = await composerOf(path);
    expect(composer.digest([stuck, alert], NOW)[0]?.text).toContain(`🚨 জরুরি: 2টি আরসি মিটার বিলম্বিত 🚨

📍 এনওসিএস: NOCS Mugdapara
🚨 আটকে আছে 1 · ⚠️ বিলম্বিত 1

1. 01234567890 · আটকে আছে · 2 ঘণ্টা 30 মিনিট · 10250417 · ৳1,234.56
2. 01234567907 · বিলম্বিত · 1 ঘণ্টা 15 মিনিট · 10250988 · -৳50.00

⚠️ করণীয়:
`);
    expect(composer.digest([alert, alert], NOW)[0]?.text).toContain('\n⚠️ বিলম্বিত 2\n');
    expect(composer.digest([stuck], NOW)[0]?.text).toContain('\n🚨 আটকে আছে 1\n');
    expect(composer.digest([stuck, bengali], NOW)[0]?.text).toContain('📍 এনওসিএস: একাধিক\n');
    const parts = composer.digest(
      Array.from({ length: 100 }, () => stuck),
      NOW,
    );
    expect(parts[1]?.text.split('\n')[0]).toBe(`🚨 জরুরি: 100টি আরসি মিটার বিলম্বিত 🚨 (2/${parts.length})`);
  });
});
