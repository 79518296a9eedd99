import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ExitCode } from '../exit-codes.ts';
import { openLedgerDatabase, openLedgerForLooking } from './database.ts';
import { acquireScanLock } from './lock.ts';
import { openSqlite } from './sqlite.ts';
import { ledgerPath, refuseForeignOwner } from './state-directory.ts';
import { addNotification, temporaryDirectory } from './testing.ts';

const NOW = new Date('2025-01-02T03:04:05Z');
type Opening = [what: string, open: (state: string, now: Date) => unknown];
const OPENINGS: readonly Opening[] = [
  ['to write', openLedgerDatabase],
  ['to look', openLedgerForLooking],
];

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Open until the test is over. */
function kept(database: Database): Database {
  onTestFinished(() => void database.close());
  return database;
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

describe('a ledger opened to write', () => {
  test('is made for its owner alone, directories in between included', () => {
    const state = join(temporaryDirectory(), 'deep', 'state');
    addNotification(kept(openLedgerDatabase(state, NOW)));
    expect(modeOf(state)).toBe('700');
    const files = readdirSync(state).sort();
    expect(files).toEqual(['ledger.db', 'ledger.db-shm', 'ledger.db-wal']);
    expect(files.map((file) => modeOf(join(state, file)))).toEqual(['600', '600', '600']);
  });

  test('leaves the mode of a directory that exists alone', () => {
    const state = join(temporaryDirectory(), 'state');
    mkdirSync(state);
    chmodSync(state, 0o750);
    openLedgerDatabase(state, NOW).close();
    expect(modeOf(state)).toBe('750');
  });

  test('survives a power cut: write-ahead log, every commit synced', () => {
    const database = kept(openLedgerDatabase(temporaryDirectory(), NOW));
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    const FULL = 2;
    expect(database.pragma('synchronous', { simple: true })).toBe(FULL);
    expect(database.pragma('foreign_keys', { simple: true })).toBe(1);
  });

  test('has one row a key among those not released, whatever the code thinks', () => {
    const database = kept(openLedgerDatabase(temporaryDirectory(), NOW));
    const key = { dedupe_key: 'meter:1' };
    addNotification(database, { ...key, released_at: NOW.toISOString() });
    addNotification(database, key);
    expect(() => addNotification(database, key)).toThrow('UNIQUE');
  });
});

describe('a ledger opened to look', () => {
  test('where there is none, is an empty one, and nothing at all is created', () => {
    const parent = temporaryDirectory();
    const state = join(parent, 'state');
    const database = kept(openLedgerForLooking(state, NOW));
    expect(database.prepare('SELECT COUNT(*) FROM whatsapp_notifications').pluck().get()).toBe(0);
    expect(readdirSync(parent)).toEqual([]);
    mkdirSync(state);
    kept(openLedgerForLooking(state, NOW));
    expect(readdirSync(state)).toEqual([]);
  });

  test('leaves the directory and the file as they were', () => {
    const state = temporaryDirectory();
    const writer = openLedgerDatabase(state, NOW);
    addNotification(writer);
    writer.close();
    const before = [readdirSync(state), readFileSync(ledgerPath(state))];
    const database = openLedgerForLooking(state, NOW);
    expect(database.prepare('SELECT meter_number FROM whatsapp_notifications').pluck().get()).toBe(
      '12345678',
    );
    database.close();
    expect([readdirSync(state), readFileSync(ledgerPath(state))]).toEqual(before);
  });

  test('can not be written', () => {
    const state = temporaryDirectory();
    openLedgerDatabase(state, NOW).close();
    const database = kept(openLedgerForLooking(state, NOW));
    expect(() => addNotification(database)).toThrow('readonly');
  });

  test('of an older version shows what is only in the write-ahead log yet', () => {
    const state = temporaryDirectory();
    const writer = kept(openSqlite(ledgerPath(state)));
    writer.pragma('journal_mode = WAL');
    writer.exec('CREATE TABLE older (x); INSERT INTO older VALUES (7)');
    const database = kept(openLedgerForLooking(state, NOW));
    expect(database.prepare('SELECT x FROM older').pluck().get()).toBe(7);
    expect(database.prepare('SELECT COUNT(*) FROM whatsapp_notifications').pluck().get()).toBe(0);
  });

  test('sees no more than what is committed while another program writes', () => {
    const state = temporaryDirectory();
    const writer = kept(openLedgerDatabase(state, NOW));
    addNotification(writer);
    writer.exec('BEGIN IMMEDIATE');
    addNotification(writer);
    const database = kept(openLedgerForLooking(state, NOW));
    expect(database.prepare('SELECT COUNT(*) FROM whatsapp_notifications').pluck().get()).toBe(1);
    writer.exec('ROLLBACK');
  });
});

describe.each(OPENINGS)('what can not be used is refused %s (73), and left as it is', (_, open) => {
  test.each([
    ['text', 'this was never a database\n'],
    ['a page of noise', 'noise '.repeat(2000)],
  ])('a file of %s', (_what, text) => {
    const state = temporaryDirectory();
    writeFileSync(ledgerPath(state), text);
    expect(thrownBy(() => open(state, NOW))).toMatchObject({
      code: 'ERR_RC_LEDGER_UNREADABLE',
      exitCode: ExitCode.CANTCREAT,
      message: `The ledger ${ledgerPath(state)} can not be used: the file is not a ledger (SQLITE_NOTADB).`,
      hint: expect.stringMatching(
        /restore a copy made by rc-notify backup .* rc-notify scan --baseline before /,
      ),
    });
    expect(readFileSync(ledgerPath(state), 'utf8')).toBe(text);
    expect(readdirSync(state)).toEqual(['ledger.db']);
  });

  test('a directory in the place of the ledger', () => {
    const state = temporaryDirectory();
    mkdirSync(ledgerPath(state));
    expect(thrownBy(() => open(state, NOW))).toMatchObject({
      code: 'ERR_RC_LEDGER_UNREADABLE',
      exitCode: ExitCode.CANTCREAT,
    });
    expect(readdirSync(ledgerPath(state))).toEqual([]);
  });

  test('a file in the place of the state directory', () => {
    const state = join(temporaryDirectory(), 'state');
    writeFileSync(state, '');
    expect(thrownBy(() => open(state, NOW))).toMatchObject({
      code: 'ERR_RC_STATE_DIRECTORY',
      exitCode: ExitCode.CANTCREAT,
      hint: expect.stringContaining('state.directory'),
    });
  });
});

describe('a state that belongs to somebody else', () => {
  const isRoot = process.geteuid?.() === 0;

  /** Root gives its ledger away; anybody else can only be taken for another. */
  function foreignLedger(owner = 1): { state: string; owner: number } {
    const state = temporaryDirectory();
    openLedgerDatabase(state, NOW).close();
    if (isRoot) chownSync(ledgerPath(state), owner, owner);
    const { uid } = statSync(ledgerPath(state));
    const euid = vi.spyOn(process, 'geteuid').mockReturnValue(isRoot ? 0 : uid + 1);
    onTestFinished(() => euid.mockRestore());
    return { state, owner: uid };
  }

  /** By name, else by number as sudo takes it. */
  function sudoName(uid: number): string {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    const line = lines.map((text) => text.split(':')).find(([, , id]) => id === String(uid));
    return line?.[0] ?? `'#${uid}'`;
  }

  test.each([1, 64_999])('is refused with the line that works (user %i)', (uid) => {
    const { state, owner } = foreignLedger(uid);
    expect(thrownBy(() => refuseForeignOwner(state))).toMatchObject({
      code: 'ERR_RC_LEDGER_OWNER',
      exitCode: ExitCode.CANTCREAT,
      message: `The state in ${state} belongs to user ${sudoName(owner)}; nothing was read or written.`,
      hint: `Run it as that user: sudo -u ${sudoName(owner)} rc-notify ...`,
    });
    expect(() => refuseForeignOwner(state, owner)).not.toThrow();
  });

  const holder = { command: 'scan', pid: 1, since: NOW.toISOString() };
  test.each<Opening>([...OPENINGS, ['to scan', (state) => acquireScanLock(state, holder)]])(
    'is refused to who opens it %s, and nothing is left behind in it',
    (_, open) => {
      const { state } = foreignLedger();
      const before = readdirSync(state);
      expect(thrownBy(() => open(state, NOW))).toMatchObject({ code: 'ERR_RC_LEDGER_OWNER' });
      expect(readdirSync(state)).toEqual(before);
    },
  );

  test('is refused to root before there is a ledger: it would be one that the owner can not use', () => {
    const ROOT = 0;
    const state = temporaryDirectory();
    if (isRoot) chownSync(state, 1, 1);
    expect(thrownBy(() => refuseForeignOwner(state, ROOT))).toMatchObject({ code: 'ERR_RC_LEDGER_OWNER' });
  });
});
