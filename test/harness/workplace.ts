import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { NotificationRow } from '../../src/ledger/port.ts';
import { openSqlite } from '../../src/ledger/sqlite.ts';
import { readServer } from '../standins/messenger/messenger.mjs';
import { type CommandOptions, type Finished, type Running, startRcNotify } from './command.ts';

export interface Command {
  readonly meter: string;
  readonly nocs?: string;
  readonly minutes?: number;
  readonly customer?: string;
}

type Settings = Readonly<Record<string, unknown>>;
type Surroundings = Omit<CommandOptions, 'cwd'>;

/** A directory with a configuration, a source file, a state directory and a messenger's server; gone when the test is over. */
export class Workplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'rc-notify-work-'));
  readonly state = join(this.directory, 'state');
  readonly server = join(this.directory, 'server.ndjson');
  readonly source = join(this.directory, 'rc-commands.csv');

  readonly #started = new Set<Running>();

  /** A test that runs beside others hands in its own `onTestFinished`. */
  constructor(
    settings: Settings = {},
    whenTestIsOver: (cleanUp: () => Promise<void>) => void = onTestFinished,
  ) {
    whenTestIsOver(() => this.#cleanUp());
    this.configure(settings);
  }

  async #cleanUp(): Promise<void> {
    for (const { process } of this.#started) process.kill('SIGKILL');
    await Promise.allSettled([...this.#started].map(({ finished }) => finished));
    // Chromium's last processes may still write while they end.
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 20 });
  }

  /** Sections given here replace those of the same name. */
  configure(settings: Settings): void {
    writeFileSync(
      join(this.directory, 'rc-notify.config.yaml'),
      JSON.stringify({ ...DEFAULTS, ...settings }, null, 2),
    );
  }

  /** Makes these the commands in progress. */
  late(commands: readonly Command[]): void {
    writeFileSync(this.source, csv(commands));
  }

  /** Starts the real command here, in a process of its own; it is killed when the test is over. */
  start(args: readonly string[], options: Surroundings = {}): Running {
    const running = startRcNotify(args, { cwd: this.directory, ...options });
    this.#started.add(running);
    return running;
  }

  /** Runs the real command here, to its end. */
  run(args: readonly string[], options: Surroundings = {}): Promise<Finished> {
    return this.start(args, options).finished;
  }

  /** `scan --json`, by the real command. */
  scan(options: Surroundings = {}): Promise<Finished> {
    return this.run(['scan', '--json'], options);
  }

  /** All rows of the ledger, oldest first. */
  rows(): NotificationRow[] {
    return this.query('SELECT * FROM whatsapp_notifications ORDER BY id') as NotificationRow[];
  }

  query(sql: string): unknown[] {
    const database = openSqlite(join(this.state, 'ledger.db'), { fileMustExist: true });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }

  /** What the messenger's server remembers. */
  received() {
    return readServer(this.server);
  }

  /** How often the groups were told of each meter. */
  timesTold(meters: readonly string[]): Record<string, number> {
    const texts = this.received().delivered.map(({ text }) => text);
    return countMeters(texts.join('\n'), meters);
  }
}

/** Two names of one group, as long as a message shows them. */
const LONG_NAMES = ['EAST', 'WEST'].map((side) => `NOCS-2 ${side} `.padEnd(80, 'OF THE RIVER '));

export const NO_GAPS = { minGap: '0s', maxGap: '0s', perGroupGap: '0s' };

const DEFAULTS: Settings = {
  source: { type: 'file', timezone: 'Asia/Dhaka', file: { path: 'rc-commands.csv' } },
  channel: 'whatsapp',
  groups: {
    default: '120363000000000000@g.us',
    byNocs: {
      'NOCS-1': '120363000000000001@g.us',
      ...Object.fromEntries(LONG_NAMES.map((name) => [name, '120363000000000002@g.us'])),
    },
  },
  message: { timezone: 'Asia/Dhaka' },
  pace: NO_GAPS,
  state: { directory: 'state' },
};

/** How often each meter number stands in a text. */
export function countMeters(text: string, meters: readonly string[]): Record<string, number> {
  const seen = new Map<string, number>();
  for (const [number] of text.matchAll(/\d+/g)) seen.set(number, (seen.get(number) ?? 0) + 1);
  return Object.fromEntries(meters.map((meter) => [meter, seen.get(meter) ?? 0]));
}

/** So many different meter numbers. */
export function meterNumbers(count: number, first = 10_000_001): string[] {
  return Array.from({ length: count }, (_, index) => String(first + index));
}

/** Commands of one group whose digest is too long for one message although they are few: their texts are long. */
export function digestInTwoParts(): Command[] {
  return meterNumbers(26, 20_000_001).map((meter, index) => ({
    meter,
    nocs: LONG_NAMES[index % 2] ?? '',
    minutes: 90,
    customer: 'CUSTOMER'.padEnd(64, 'X'),
  }));
}

export function eachOnce(meters: readonly string[]): Record<string, number> {
  return Object.fromEntries(meters.map((meter) => [meter, 1]));
}

export function csv(commands: readonly Command[]): string {
  const lines = commands.map(
    ({ meter, nocs = 'NOCS-1', minutes = 150, customer = 'CUST' }) =>
      `${meter},${nocs},${minutes * 60},${customer},12.50,C-${meter}`,
  );
  return `${['METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS,CUSTOMER_ID,BALANCE,COMMAND_ID', ...lines].join('\n')}\n`;
}

export interface ScanJson {
  readonly scan: Readonly<Record<string, unknown>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly notifications: readonly Readonly<Record<string, unknown>>[];
  readonly errors: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
  readonly exitCode: number;
}

/** The one object `scan --json` prints. */
export function scanJson({ stdout, stderr }: Pick<Finished, 'stdout' | 'stderr'>): ScanJson {
  try {
    return JSON.parse(stdout) as ScanJson;
  } catch (cause) {
    throw new Error(`stdout is not one JSON object:\n${stdout}\nstderr:\n${stderr}`, { cause });
  }
}
