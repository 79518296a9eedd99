import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type { Channel, Connection, GroupCheck, OutgoingMessage, SendResult } from '../channel/port.ts';
import type { Config } from '../config/config.ts';
import type { RcError } from '../errors.ts';
import type { Clock } from '../io.ts';
import type { NotificationRow, OpenNotification, OpenTable, ScanLedger } from '../ledger/port.ts';
import { openScanLedger } from '../ledger/sqlite/scan-ledger.ts';
import { openSqlite } from '../ledger/sqlite.ts';
import { ledgerPath } from '../ledger/state-directory.ts';
import type { Composer, Notice } from '../message/composer.ts';
import { SOURCE_COLUMNS, type Source, type SourceField, type SourceRow } from '../source/port.ts';
import type { Log } from '../terminal/log.ts';
import type { ScanPorts, ScanSettings } from './ports.ts';
import type { ScanResult } from './result.ts';
import { scan } from './scan.ts';

export const START = '2025-01-02T10:00:00.000Z';
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const OWN_GROUP = 'own@g.us';
export const DEFAULT_GROUP = 'default@g.us';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Time that stands still while anything is left to do, then jumps to whatever is slept for next. */
export class VirtualClock implements Clock {
  private time: number;
  private readonly timers = new Set<Timer>();
  private isPumping = false;

  constructor(start = START) {
    this.time = Date.parse(start);
  }

  now(): Date {
    return new Date(this.time);
  }

  /** Milliseconds; negative = the clock is set back. */
  advance(ms: number): void {
    this.time += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const giveUp = (): void => {
        this.timers.delete(timer);
        reject(signal?.reason);
      };
      const fire = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const timer = { at: this.time + ms, fire };
      this.timers.add(timer);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.pump();
    });
  }

  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    setImmediate(() => {
      this.isPumping = false;
      const [next] = [...this.timers].sort((a, b) => a.at - b.at);
      if (next === undefined) return;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.fire();
      this.pump();
    });
  }
}

/** A line a notice: `meter STATUS trigger time`. */
export const plainComposer: Composer = {
  single: (notice) => line(notice),
  digest: (notices) => [{ text: ['digest', ...notices.map(line)].join('\n'), notices }],
};

function line({ meterNumber, durationStatus, triggeredAt }: Notice): string {
  return `${meterNumber} ${durationStatus} ${triggeredAt === null ? '-' : new Date(triggeredAt).toISOString()}`;
}

export interface Arrived extends OutgoingMessage {
  readonly at: string;
}

type Order = (message: OutgoingMessage, signal: AbortSignal) => SendResult | Promise<SendResult>;

/** A messenger that honours ids and does what it is ordered to, message by message; without an order it sends. */
export class RecordingChannel implements Channel {
  readonly name: Channel['name'];
  honoursIds = true;
  keepAliveMs: number | null = null;
  account: string | null = '8801';
  connects = 0;
  checks = 0;
  unreachable: RcError | null = null;
  readonly closedGroups = new Set<string>();
  readonly orders: Order[] = [];
  /** What was handed over, and what of it arrived. */
  readonly handed: Arrived[] = [];
  readonly arrived: Arrived[] = [];
  /** What a lookup finds; without an entry, whatever arrived at ack 1. */
  readonly acks = new Map<string, number>();
  readonly lookups: string[] = [];
  lookupHangs = false;
  readonly lost = new AbortController();
  private readonly clock: Clock;

  constructor(name: Channel['name'], clock: Clock) {
    this.name = name;
    this.clock = clock;
  }

  async connect(): Promise<Connection> {
    this.connects += 1;
    if (this.unreachable !== null) throw this.unreachable;
    return {
      account: this.account,
      version: '2.3000',
      lost: this.lost.signal,
      checkGroup: async (groupId) => this.checkGroup(groupId),
      send: async (message, signal) => this.send(message, signal),
      lookup: async ({ id }) => (this.lookupHangs ? new Promise(() => {}) : this.lookup(id)),
      close: async () => {},
    };
  }

  /** The message reaches its group; a second copy under one id is seen once. */
  arrive(message: OutgoingMessage): void {
    if (this.arrived.some(({ id }) => id === message.id)) return;
    this.arrived.push({ ...message, at: this.clock.now().toISOString() });
  }

  /** The meters told so far, in the order their messages arrived. */
  told(): string[] {
    return this.arrived.flatMap(({ text }) => toldBy(text));
  }

  private send(message: OutgoingMessage, signal: AbortSignal): SendResult | Promise<SendResult> {
    this.handed.push({ ...message, at: this.clock.now().toISOString() });
    const order = this.orders.shift();
    if (order !== undefined) return order(message, signal);
    this.arrive(message);
    return { status: 'sent', ack: 1 };
  }

  private checkGroup(groupId: string): GroupCheck {
    this.checks += 1;
    return this.closedGroups.has(groupId) ? { canPost: false, why: 'only admins may' } : { canPost: true };
  }

  private lookup(id: string): { found: false } | { found: true; ack: number } {
    this.lookups.push(id);
    const ack = this.acks.get(id) ?? (this.arrived.some((message) => message.id === id) ? 1 : undefined);
    return ack === undefined ? { found: false } : { found: true, ack };
  }
}

/** `meter STATUS` of each meter a plain message tells. */
export function toldBy(text: string): string[] {
  return text
    .split('\n')
    .filter((each) => each !== 'digest')
    .map((each) => each.split(' ').slice(0, 2).join(' '));
}

export const refused: Order = () => ({ status: 'failed', ack: null, error: 'refused' });
export const lost: Order = () => ({ status: 'unknown', ack: null, error: 'no answer' });

/** Rows a test puts there, and reads that break off or are cut off. */
export class ListedSource implements Source {
  readonly description = 'a list';
  readonly positionName = 'row' as const;
  lookbackMs: number | null = null;
  rows: SourceRow[] = [];
  fields: ReadonlySet<SourceField> = new Set(Object.keys(SOURCE_COLUMNS) as SourceField[]);
  /** Thrown after so many rows. */
  failure: { readonly after: number; readonly error: RcError } | null = null;
  outcomes?: NonNullable<Source['outcomes']>;

  async *read() {
    const rows = this.failure === null ? this.rows : this.rows.slice(0, this.failure.after);
    yield { fields: this.fields, rows };
    if (this.failure !== null) throw this.failure.error;
  }
}

/** A source row of NOCS-1 triggered so many milliseconds before `now`; its command id is `C-<meter>`. */
export function sourceRow(
  meter: string,
  ageMs: number,
  now: Date,
  values: Partial<SourceRow> = {},
): SourceRow {
  return {
    position: 1,
    meterNumber: meter,
    nocsName: 'NOCS-1',
    triggeredAt: new Date(now.getTime() - ageMs).toISOString(),
    elapsedSeconds: null,
    customerId: 'CUST123',
    balance: '10.00',
    commandId: `C-${meter}`,
    outcome: null,
    ...values,
  };
}

/** Open rows of a ledger, some of each row's columns. */
export function openTable(...rows: readonly Partial<OpenNotification>[]): OpenTable {
  const all = rows as readonly OpenNotification[];
  return { length: all.length, column: (name) => all.map((row) => row[name]), at: (place) => all[place] };
}

export type ConfigChanges = {
  readonly [section in 'rules' | 'groups' | 'pace' | 'whatsapp' | 'state']?: Partial<Config[section]>;
};

/** The documented defaults, without gaps between messages, digests or caps that tests did not ask for. */
export function configWith(changes: ConfigChanges = {}): Config {
  const rules: Config['rules'] = {
    alertAfter: HOUR,
    stuckAfter: 2 * HOUR,
    ignoreAfter: 7 * DAY,
    once: 'meter',
    maxAttempts: 5,
    onlyNocs: [],
  };
  const pace = { minGap: 0, maxGap: 0, perGroupGap: 0, perScan: 1000, perDay: 10_000 };
  return {
    source: {
      type: 'file',
      timezone: 'Asia/Dhaka',
      file: { path: 'rc-commands.csv' },
      columns: {},
      oracle: {
        connectString: null,
        user: null,
        passwordFile: null,
        query: 'c2m',
        parameters: {},
        lookback: 8 * DAY,
        connectTimeout: 20_000,
        callTimeout: 120_000,
        configDir: null,
        walletDirectory: null,
      },
    },
    rules: { ...rules, ...changes.rules },
    channel: 'whatsapp',
    groups: { default: DEFAULT_GROUP, byNocs: { 'NOCS-1': OWN_GROUP }, ...changes.groups },
    message: {
      footer: 'DPDC',
      timezone: 'Asia/Dhaka',
      currency: '৳',
      currencyGrouping: 'western',
      template: null,
    },
    pace: { ...pace, digestAbove: 1000, deadline: 10 * MINUTE, ...changes.pace },
    whatsapp: {
      browser: { executablePath: null, headless: true, sandbox: true, args: [] },
      connectTimeout: 90_000,
      ackTimeout: 90_000,
      linkSettle: MINUTE,
      keepAlive: 7 * DAY,
      ...changes.whatsapp,
    },
    state: { directory: '', retention: 90 * DAY, ...changes.state },
    heartbeat: { url: null },
  };
}

/** A log that keeps what was warned of. */
export function keepingLog(): Log & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const ignore = () => {};
  return {
    warnings,
    debug: ignore,
    info: ignore,
    error: ignore,
    failure: ignore,
    warn: (message) => void warnings.push(message),
  };
}

/** A ledger of its own with a source, a channel and a clock around it, for scans in this process. */
export class World {
  readonly clock = new VirtualClock();
  readonly source = new ListedSource();
  readonly log = keepingLog();
  readonly ledger: ScanLedger;
  readonly database: Database;
  channel: RecordingChannel;
  config: Config;
  private readonly directory: string;
  private ids = 0;

  constructor(changes: ConfigChanges = {}) {
    // A ledger is synced to disk at each step; in memory that costs nothing.
    this.directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rc-notify-scan-'));
    this.ledger = openScanLedger(this.directory, this.clock.now());
    this.database = openSqlite(ledgerPath(this.directory));
    this.channel = new RecordingChannel('whatsapp', this.clock);
    this.config = configWith(changes);
  }

  close(): void {
    this.database.close();
    this.ledger.close();
    rmSync(this.directory, { recursive: true });
  }

  /** A source row of a command that is so old now. */
  row(meter: string, ageMs = 3 * HOUR, values: Partial<SourceRow> = {}): SourceRow {
    return sourceRow(meter, ageMs, this.clock.now(), values);
  }

  scan(
    options: Partial<ScanSettings> = {},
    { stop = new AbortController().signal, ports = {} as Partial<ScanPorts> } = {},
  ): Promise<ScanResult> {
    const settings: ScanSettings = {
      config: this.config,
      startedAt: this.clock.now(),
      machineId: 'machine-1',
      dryRun: false,
      baseline: false,
      explain: false,
      onlyNocs: null,
      limit: null,
      configuredSource: true,
      ...options,
    };
    const { source, ledger, channel, clock, log } = this;
    const random = () => 0.5;
    const progress = { update() {}, clear() {} };
    const randomBytes = (count: number): Uint8Array => {
      this.ids += 1;
      return Uint8Array.from({ length: count }, (_, index) =>
        index === count - 1 ? this.ids % 256 : this.ids >> 8,
      );
    };
    const all = {
      source,
      ledger,
      channel,
      composer: plainComposer,
      clock,
      random,
      randomBytes,
      log,
      progress,
    };
    return scan({ ...all, ...ports }, settings, stop);
  }

  /** All rows, released ones included. */
  rows(): NotificationRow[] {
    return this.database
      .prepare('SELECT * FROM whatsapp_notifications ORDER BY id')
      .all() as NotificationRow[];
  }

  /** The only row of a meter. */
  only(meter: string): NotificationRow {
    const found = this.rows().filter((row) => row.meter_number === meter);
    const [row] = found;
    if (row === undefined || found.length > 1) throw new Error(`meter ${meter} has ${found.length} rows`);
    return row;
  }
}

/** A world that ends with the test. */
export function world(changes: ConfigChanges = {}): World {
  const made = new World(changes);
  onTestFinished(() => made.close());
  return made;
}
