import type { Database } from 'better-sqlite3';
import type { Mute, ScanLedger } from '../port.ts';

type ScanStore = Pick<
  ScanLedger,
  | 'lastScanEnd'
  | 'machine'
  | 'rememberMachine'
  | 'startScan'
  | 'finishScan'
  | 'link'
  | 'recordConnection'
  | 'recordNocsSeen'
  | 'recordGroupCheck'
  | 'mutes'
>;

/** Scans, the machine they run on, linked accounts and mutes. */
export function scanStore(database: Database): ScanStore {
  const lastEnd = database.prepare(
    'SELECT finished_at FROM scans WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1',
  );
  const machine = database.prepare('SELECT machine_id FROM ledger_machine').pluck();
  const setMachine = database.prepare(
    'INSERT INTO ledger_machine (only_row, machine_id) VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET machine_id = excluded.machine_id',
  );
  const start = database.prepare(
    'INSERT INTO scans (started_at, source, channel, machine_id) VALUES (@startedAt, @source, @channel, @machineId)',
  );
  const finish = database.prepare(
    `UPDATE scans SET finished_at = @finishedAt, exit_code = @exitCode, counts = @counts, account = @account,
       channel_version = @channelVersion WHERE id = @id`,
  );
  const link = database.prepare(
    'SELECT account, last_connected_at AS lastConnectedAt FROM links WHERE channel = ?',
  );
  const connected = database.prepare(
    `INSERT INTO links (channel, account, last_connected_at) VALUES (?, ?, ?)
       ON CONFLICT (channel) DO UPDATE SET account = excluded.account, last_connected_at = excluded.last_connected_at`,
  );
  // Once a day is enough to know: most scans write nothing here.
  const seen = database.prepare(
    `INSERT INTO nocs_seen (name, last_seen_at) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET last_seen_at = excluded.last_seen_at
         WHERE substr(last_seen_at, 1, 10) < substr(excluded.last_seen_at, 1, 10)`,
  );
  const checked = database.prepare(
    `INSERT INTO group_checks (channel, group_id, closed_why, checked_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (channel, group_id) DO UPDATE SET closed_why = excluded.closed_why, checked_at = excluded.checked_at`,
  );
  const mutes = database.prepare(
    'SELECT kind, name FROM mutes WHERE ended_at IS NULL AND (until IS NULL OR until > ?)',
  );
  return {
    lastScanEnd: () => (lastEnd.pluck().get() as string | undefined) ?? null,
    machine: () => (machine.get() as string | undefined) ?? null,
    rememberMachine: (machineId) => void setMachine.run(machineId),
    startScan: (scan) => Number(start.run(scan).lastInsertRowid),
    finishScan: (id, end) => void finish.run({ id, ...end }),
    link: (channel) => (link.get(channel) as ReturnType<ScanLedger['link']> | undefined) ?? null,
    recordConnection: (channel, account, at) => void connected.run(channel, account, at),
    recordNocsSeen: (names, at) =>
      database
        .transaction(() => {
          for (const name of names) seen.run(name, at);
        })
        .immediate(),
    recordGroupCheck: (channel, groupId, closedWhy, at) => void checked.run(channel, groupId, closedWhy, at),
    mutes: (at) => mutes.all(at) as Mute[],
  };
}
