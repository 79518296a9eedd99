import * as z from 'zod';
import { DURATION_PATTERN, parseDuration } from '../duration.ts';
import { SOURCE_COLUMNS } from '../source/port.ts';
import { isTimeZone } from '../time/zone.ts';

// Every value carries one sentence saying what it must be; see issues.ts for what is added to it.

function duration(byDefault: string, shortest: string, longest: string, description: string) {
  const [min = 0, max = 0] = [shortest, longest].map(parseDuration);
  return z
    .string({ error: 'must be a duration such as 500ms, 8s, 10m, 2h or 7d' })
    .regex(DURATION_PATTERN, { error: 'must be a duration such as 500ms, 8s, 10m, 2h or 7d', abort: true })
    .refine((text) => within(parseDuration(text), min, max), {
      error: `must be from ${shortest} to ${longest}`,
    })
    .prefault(byDefault)
    .describe(description);
}

function within(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && value >= min && value <= max;
}

function count(byDefault: number, most: number, description: string) {
  const error = `must be a whole number from 1 to ${most}`;
  return z.int({ error }).min(1, { error }).max(most, { error }).prefault(byDefault).describe(description);
}

/** Text that is not blank. */
function text(error: string) {
  return z.string({ error }).regex(/\S/, { error });
}

function optionalText(description: string) {
  return text('must be text or null').nullable().prefault(null).describe(description);
}

function atMost(length: number, byDefault: string, description: string) {
  const error = `must be text of at most ${length} characters`;
  return z.string({ error }).max(length, { error }).prefault(byDefault).describe(description);
}

function choice<const T extends readonly [string, ...string[]]>(
  values: T,
  byDefault: T[number],
  description: string,
) {
  return z
    .enum(values, { error: `must be ${values.join(' or ')}` })
    .prefault(byDefault as z.input<z.ZodEnum<{ [K in T[number]]: K }>>)
    .describe(description);
}

function flag(byDefault: boolean, description: string) {
  return z.boolean({ error: 'must be true or false' }).prefault(byDefault).describe(description);
}

function timezone(description: string) {
  const error = 'must be a time zone such as Asia/Dhaka or UTC';
  return z.string({ error }).refine(isTimeZone, { error }).prefault('Asia/Dhaka').describe(description);
}

function groupId() {
  const error = 'must be a group id such as 120363000000000000@g.us';
  return z.string({ error }).regex(/^\d+(-\d+)?@g\.us$/, { error });
}

function nocsName() {
  return text('must be the name of a NOCS; digits alone need quotes');
}

function section<T extends z.ZodRawShape>(description: string, shape: T) {
  const error = (issue: { code?: string }) =>
    issue.code === 'invalid_type' ? 'must be a section with keys of its own' : undefined;
  return z
    .strictObject(shape, { error })
    .prefault({} as z.input<z.ZodObject<T, z.core.$strict>>)
    .describe(description);
}

const columns = Object.fromEntries(
  Object.entries(SOURCE_COLUMNS).map(([field, column]) => [
    field,
    text('must be the name of a column').exactOptional().describe(`Column to read instead of ${column}.`),
  ]),
) as { [field in keyof typeof SOURCE_COLUMNS]: z.ZodExactOptional<z.ZodString> };

const MUST_BE_ADDRESS = 'must be host:port/service without user and password, or null';
const MUST_BE_QUERY = 'must be c2m or the path of a .sql file';

const oracle = section("The utility's Oracle database, for `source.type: oracle`.", {
  connectString: z
    .string({ error: MUST_BE_ADDRESS })
    .regex(/^[^@]*[^@\s][^@]*$/, { error: MUST_BE_ADDRESS, abort: true })
    .refine((text) => !/password\s*=/i.test(text), { error: MUST_BE_ADDRESS })
    .nullable()
    .prefault(null)
    .describe('host:port/service, or a name from tnsnames.ora.'),
  user: optionalText('Database user; needs SELECT on the tables of the query, nothing else.'),
  passwordFile: optionalText(
    'File holding the password. Null: the systemd credential oracle-password, or RC_NOTIFY_ORACLE_PASSWORD.',
  ),
  query: z
    .string({ error: MUST_BE_QUERY })
    .regex(/^(c2m|.*[^/]\.sql)$/, { error: MUST_BE_QUERY })
    .prefault('c2m')
    .describe(
      'c2m = the built-in query for Oracle Utilities Customer To Meter; or the path of a .sql file with one SELECT.',
    ),
  parameters: z
    .record(
      z.string().regex(/^[A-Za-z]\w*$/, { error: 'must be a name of letters, digits and _' }),
      z.union([z.string(), z.number()], { error: 'must be text or a number' }),
      { error: 'must be a section of names and values' },
    )
    .prefault({})
    .describe("The built-in query's settings, or the binds of an own query."),
  lookback: duration('8d', '1s', '3650d', 'How far back commands are read; at least rules.ignoreAfter.'),
  connectTimeout: duration('20s', '100ms', '10m', 'Longest wait for a connection.'),
  callTimeout: duration('120s', '100ms', '1h', 'Longest time for the whole read.'),
  configDir: optionalText('Directory of tnsnames.ora.'),
  walletDirectory: optionalText('Directory of the wallet, for TCPS.'),
});

const source = section('Where RC commands in progress are read from.', {
  type: choice(['oracle', 'file'], 'oracle', 'oracle = the database; file = a file or standard input.'),
  timezone: timezone('Wall clock of time columns that carry no zone.'),
  oracle,
  file: section('A file of RC commands, for `source.type: file`.', {
    path: text('must be a path, or "-" for standard input')
      .prefault('rc-commands.csv')
      .describe('.csv, .json or .ndjson; "-" = standard input.'),
  }),
  columns: section('Names of columns that differ from the defaults.', columns),
});

const rules = section('Who is late, and what is told once.', {
  alertAfter: duration('60m', '1s', '365d', 'Age from which a command is ALERT.'),
  stuckAfter: duration('120m', '1s', '365d', 'Age from which a command is STUCK.'),
  ignoreAfter: duration('7d', '1s', '3650d', 'Commands older than this are not told for the first time.'),
  once: choice(
    ['meter', 'command', 'status'],
    'meter',
    'meter = one notification per meter, never repeated; command = one per command; status = one for ALERT and one for STUCK.',
  ),
  maxAttempts: count(5, 100, 'How often a refused message is tried.'),
  onlyNocs: z
    .array(nocsName(), { error: 'must be a list of NOCS names, such as [NOCS-1, NOCS-2]' })
    .prefault([])
    .describe('Pilot: only these NOCS; all others are left alone. Empty = all.'),
});

const groups = section('The WhatsApp group of each NOCS.', {
  default: groupId()
    .nullable()
    .prefault(null)
    .describe('Group of every NOCS not named below; null = such commands wait.'),
  byNocs: z
    .record(nocsName(), groupId(), { error: 'must be a section of NOCS names and group ids' })
    .prefault({})
    .describe('Group per NOCS; names match after trimming, folding case and collapsing blanks.'),
});

const message = section('The text that is sent.', {
  footer: atMost(200, 'DPDC AMI Monitoring System', 'Last line of every message.'),
  timezone: timezone('Wall clock in messages.'),
  currency: atMost(8, '৳', 'Sign before the balance.'),
  currencyGrouping: choice(
    ['western', 'indian'],
    'western',
    'western = 1,234,567.00; indian = 12,34,567.00.',
  ),
  template: optionalText('A Liquid file instead of the built-in text.'),
});

const pace = section('How fast messages go out.', {
  minGap: duration('8s', '0s', '10m', 'Shortest pause between two messages.'),
  maxGap: duration('15s', '0s', '10m', 'Longest pause between two messages.'),
  perGroupGap: duration('30s', '0s', '1h', 'Shortest pause between two messages to one group.'),
  perScan: count(40, 10_000, 'Most messages in one scan.'),
  perDay: count(300, 100_000, 'Most messages handed to WhatsApp in any 24 hours, tests included.'),
  digestAbove: count(5, 1000, 'More waiting notifications than this for one group become one digest.'),
  deadline: duration('10m', '1s', '12h', 'Longest run of a scan from process start, everything included.'),
});

const whatsapp = section('How WhatsApp is reached, for `channel: whatsapp`.', {
  browser: section('Chromium, which holds the linked session.', {
    executablePath: optionalText('Path of Chromium; null = found by itself.'),
    headless: flag(true, 'Whether Chromium runs without a window.'),
    sandbox: flag(true, "Whether Chromium's own sandbox is on."),
    args: z
      .array(text('must be text'), { error: 'must be a list such as ["--lang=en"]' })
      .prefault([])
      .describe('More command-line arguments for Chromium.'),
  }),
  connectTimeout: duration('90s', '100ms', '10m', 'Longest wait for the session.'),
  ackTimeout: duration('90s', '100ms', '10m', "Longest wait for the server's ack of one message."),
  linkSettle: duration('60s', '0s', '10m', 'How long login stays connected after linking.'),
  keepAlive: duration('7d', '1m', '14d', 'Connect at least this often, so that the link does not expire.'),
});

/** The configuration as it is written: durations as text, paths as typed. */
export const settingsSchema = section('Configuration of rc-notify.', {
  source,
  rules,
  channel: choice(
    ['whatsapp', 'terminal'],
    'whatsapp',
    'Where messages go; terminal = a rehearsal on the screen.',
  ),
  groups,
  message,
  pace,
  whatsapp,
  state: section('What is kept between scans.', {
    directory: optionalText(
      'Holds ledger.db and whatsapp/. Null: $STATE_DIRECTORY, else $XDG_STATE_HOME/rc-notify or ~/.local/state/rc-notify.',
    ),
    retention: duration(
      '90d',
      '1h',
      '3650d',
      'Then customer, balance and text are blanked; meter, key and times stay.',
    ),
  }),
  heartbeat: section('A monitor that notices scans that do not happen.', {
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address or null' })
      .nullable()
      .prefault(null)
      .describe('healthchecks.io style: /start, success and /fail are appended.'),
  }),
  email: z
    .null({ error: 'mail is not part of this version: it must be null' })
    .prefault(null)
    .describe("Mail in WhatsApp's place; not part of this version, so null."),
});

export type Settings = z.output<typeof settingsSchema>;

/** The keys a section knows, by name; undefined where the path is not a section with fixed keys. */
export function keysAt(path: readonly (string | number)[]): Readonly<Record<string, z.ZodType>> | undefined {
  let schema: unknown = settingsSchema;
  for (const key of [undefined, ...path]) {
    if (key !== undefined) schema = schema instanceof z.ZodObject ? schema.shape[key] : undefined;
    if (schema instanceof z.ZodPrefault) schema = schema.unwrap();
  }
  return schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : undefined;
}

/** Every key of the schema as a path, sections before what is in them. */
export function allKeys(path: readonly string[] = []): string[][] {
  return Object.keys(keysAt(path) ?? {}).flatMap((key) => [[...path, key], ...allKeys([...path, key])]);
}
