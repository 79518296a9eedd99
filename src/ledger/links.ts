import type { Database } from 'better-sqlite3';
import { recordAudit } from './audit.ts';
import { ledgerOpeners } from './opened.ts';

/** Which account the channel is linked to, and who linked or unlinked it. */
export interface LinkLedger {
  /** The account scans send as; null before the first. */
  account(): string | null;
  linked(link: { account: string; replaced: string | null; who: string; at: string }): void;
  /** The next account is taken without asking: the operator ended the link on purpose. */
  unlinked(link: { account: string; reason: string | null; who: string; at: string }): void;
  restored(copy: { detail: string; who: string; at: string }): void;
}

/** Throws RcError 73. */
export const { open: openLinkLedger } = ledgerOpeners(linkLedger);

function linkLedger(database: Database): LinkLedger {
  const known = database.prepare("SELECT account FROM links WHERE channel = 'whatsapp'").pluck();
  const connect = database.prepare(
    `INSERT INTO links (channel, account, last_connected_at) VALUES ('whatsapp', ?, ?)
       ON CONFLICT (channel) DO UPDATE SET account = excluded.account, last_connected_at = excluded.last_connected_at`,
  );
  const forget = database.prepare("DELETE FROM links WHERE channel = 'whatsapp'");
  const audit = (action: string, target: string | null, detail: string | null, by: Done) =>
    recordAudit(
      database,
      { action, target, reason: by.reason ?? null, detail, notificationIds: [] },
      by.who,
      by.at,
    );
  return {
    account: () => (known.get() as string | null | undefined) ?? null,
    linked: database.transaction(({ account, replaced, ...by }) => {
      connect.run(account, by.at);
      audit('link', account, replaced === null ? null : `in the place of ${replaced}`, by);
    }),
    unlinked: database.transaction(({ account, ...by }) => {
      forget.run();
      audit('unlink', account, null, by);
    }),
    restored: ({ detail, ...by }) => audit('restore-profile', null, detail, by),
  };
}

interface Done {
  readonly who: string;
  readonly at: string;
  readonly reason?: string | null;
}
