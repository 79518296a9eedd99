import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { NotificationFacts, ScanLedger, Settlement } from '../ledger/port.ts';
import { openScanLedger } from '../ledger/sqlite/scan-ledger.ts';
import { openSqlite } from '../ledger/sqlite.ts';
import { createLog } from '../terminal/log.ts';
import { recordingStream } from '../terminal/testing.ts';
import type { CommandContext } from './context.ts';

const CONFIG = `
source: { type: file, timezone: Asia/Dhaka, file: { path: rc-commands.csv } }
channel: terminal
groups:
  default: 120363000000000000@g.us
  byNocs: { NOCS Dhanmondi: 120363000000000001@g.us }
message: { timezone: Asia/Dhaka }
state: { directory: state }
`;

export interface Bench {
  readonly directory: string;
  readonly state: string;
  /** The command's surroundings; with `answer`, a person at a terminal who types it. */
  context(options?: { answer?: string; now?: string }): CommandContext & Written;
  ledger(now?: string): ScanLedger;
  /** What is in the ledger file, as an auditor's own program sees it. */
  query(sql: string): unknown[];
}

interface Written {
  readonly out: () => string;
  readonly err: () => string;
}

export const NOW = '2025-01-02T11:00:00.000Z';

/** A configuration and a state directory of its own, gone when the test is over. */
export function bench(): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-command-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'rc-notify.config.yaml'), CONFIG);
  const state = join(directory, 'state');
  return {
    directory,
    state,
    context: ({ answer, now = NOW } = {}) => contextOf(directory, answer, now),
    ledger: (now = NOW) => {
      mkdirSync(state, { recursive: true, mode: 0o700 });
      const ledger = openScanLedger(state, new Date(now));
      onTestFinished(() => ledger.close());
      return ledger;
    },
    query: (sql) => {
      const database = openSqlite(join(state, 'ledger.db'), { readonly: true });
      try {
        return database.prepare(sql).all();
      } finally {
        database.close();
      }
    },
  };
}

function contextOf(cwd: string, answer: string | undefined, now: string): CommandContext & Written {
  const terminal = answer !== undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY: terminal });
  stdin.end(`${answer ?? ''}\n`);
  const [stdout, stderr] = [recordingStream(false), recordingStream(terminal)];
  const clock = { now: () => new Date(now), sleep: () => new Promise<never>(() => {}) };
  const env = { HOME: cwd };
  return {
    io: { stdin, stdout, stderr, env, cwd },
    clock,
    log: createLog({ stderr, env, format: 'text', level: 'normal', colour: false, now: clock.now }),
    configPath: undefined,
    colour: false,
    out: stdout.written,
    err: stderr.written,
  };
}

/** A late command's notification, waiting to be told. Returns its id. */
export function claim(
  ledger: ScanLedger,
  meter: string,
  { nocs = 'NOCS Dhanmondi', at = NOW, channel = 'whatsapp' } = {},
): number {
  const dedupe_key = `${channel === 'terminal' ? 'terminal:' : ''}meter:${meter}`;
  const row = { ...facts(meter, nocs), dedupe_key, channel, send_status: 'pending' as const, releases: [] };
  const nothing = { refreshed: [], cancelled: [], baselined: [], reopened: [], untold: [] };
  const claimed = ledger.applyChanges({ claims: [row], ...nothing }, 1, at).get(dedupe_key);
  if (claimed === undefined) throw new Error(`${dedupe_key} is taken`);
  return claimed.id;
}

/** One message with these notifications in it, left in `sending`. */
export function beginSend(ledger: ScanLedger, id: string, notifications: readonly number[], at = NOW): void {
  const rows = notifications.map((notification) => {
    const row = ledger.notification(notification);
    return { id: notification, facts: facts(row?.meter_number ?? '', row?.nocs_name ?? ''), note: null };
  });
  const to = { channel: 'whatsapp', groupId: '120363000000000001@g.us', account: '8801700000000' };
  ledger.beginSend({ ...to, id, text: `the text of ${id}`, idImposed: true, rows }, 1, at);
}

/** Ends a message: `failed` for good unless `nextAttempt` says when it is tried again. */
export function settle(
  ledger: ScanLedger,
  id: string,
  status: Settlement['status'],
  { at = NOW, nextAttempt = null as string | null } = {},
): void {
  const error = status === 'sent' ? null : 'no answer in time';
  const ack = status === 'sent' ? 1 : null;
  ledger.settle(id, { status, ack, error, at, nextAttempt: () => nextAttempt }, at);
}

function facts(meter: string, nocs: string): NotificationFacts {
  return {
    meter_number: meter,
    nocs_name: nocs,
    customer_id: 'CUST123',
    command_id: `C-${meter}`,
    duration_status: 'STUCK',
    duration_minutes: 150,
    triggered_at: '2025-01-02T08:30:00.000Z',
    balance: '1234.56',
    group_id: '120363000000000001@g.us',
    reason: 'due',
    outcome: null,
  };
}
