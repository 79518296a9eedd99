import { userInfo } from 'node:os';
import type { Database } from 'better-sqlite3';

export interface AuditEntry {
  readonly action: string;
  /** What it was done to, in the operator's words: `--meter 12345678`. */
  readonly target: string | null;
  readonly reason: string | null;
  readonly detail: string | null;
  /** The notifications it changed. */
  readonly notificationIds: readonly number[];
}

/** The person behind this process, `sudo` seen through. */
export function currentUser(env: Readonly<Record<string, string | undefined>>): string {
  const name = ownName();
  return env.SUDO_USER === undefined ? name : `${env.SUDO_USER} as ${name}`;
}

/** A container may run as a user that nobody named. */
function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.geteuid?.()}`;
  }
}

/** Records who did what when and why; to be called inside the transaction that does it. */
export function recordAudit(database: Database, entry: AuditEntry, who: string, at: string): void {
  const { lastInsertRowid } = database
    .prepare('INSERT INTO audit (at, who, action, target, reason, detail) VALUES (?, ?, ?, ?, ?, ?)')
    .run(at, who, entry.action, entry.target, entry.reason, entry.detail);
  const link = database.prepare('INSERT INTO audit_notifications (audit_id, notification_id) VALUES (?, ?)');
  for (const id of entry.notificationIds) link.run(lastInsertRowid, id);
}
