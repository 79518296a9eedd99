import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openSqlite } from '../ledger/sqlite.ts';
import { backup } from './backup.ts';
import { type Bench, beginSend, bench, claim } from './testing.ts';

async function run(place: Bench, directory: string, json = false) {
  const context = place.context();
  return { code: await backup(context, directory, { json }), out: context.out(), err: context.err() };
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

test('the copy is a private file of its own in a private directory, named after the time', async () => {
  const place = bench();
  claim(place.ledger(), '001');
  const { code, out } = await run(place, 'copies/ledger');
  const path = join(place.directory, 'copies/ledger/ledger-20250102T110000Z.db');
  expect({ code, out }).toEqual({ code: 0, out: `${path}\n` });
  expect([mode(path), mode(join(place.directory, 'copies/ledger'))]).toEqual(['600', '700']);
  expect(readdirSync(join(place.directory, 'copies/ledger'))).toEqual(['ledger-20250102T110000Z.db']);
});

test('says what is in it and how to restore it, and a ledger restored so works', async () => {
  const place = bench();
  const ledger = place.ledger();
  claim(ledger, '001');
  const { out, err } = await run(place, 'copies');
  expect(err).toContain('Copied and checked: 1 notifications,');
  expect(err).toContain('rc-notify scan --baseline');
  claim(ledger, '002');
  ledger.close();

  const commands = err.split('\n').filter((line) => /^\s+(rm|cp) /.test(line));
  expect(commands).toHaveLength(2);
  await promisify(execFile)('sh', ['-ec', commands.join('\n')]);
  expect(place.query('SELECT meter_number FROM whatsapp_notifications')).toEqual([{ meter_number: '001' }]);
  expect(statSync(join(place.state, 'ledger.db')).size).toBe(statSync(out.trim()).size);
  claim(place.ledger(), '003');
});

test('backups of the same second each have a file of their own, and none is overwritten', async () => {
  const place = bench();
  const ledger = place.ledger();
  claim(ledger, '001');
  const together = await Promise.all([1, 2, 3, 4].map(() => run(place, 'copies', true)));
  claim(ledger, '002');
  const after = await run(place, 'copies', true);
  const made = [...together, after].map(({ out }) => JSON.parse(out) as { path: string; rows: number });
  expect(made.map(({ rows }) => rows)).toEqual([1, 1, 1, 1, 2]);
  const stamp = 'ledger-20250102T110000Z';
  expect(readdirSync(join(place.directory, 'copies')).sort()).toEqual(
    [`${stamp}-2.db`, `${stamp}-3.db`, `${stamp}-4.db`, `${stamp}-5.db`, `${stamp}.db`].sort(),
  );
  for (const { path, rows } of made) {
    const copy = openSqlite(path, { readonly: true });
    expect(copy.prepare('SELECT COUNT(*) FROM whatsapp_notifications').pluck().get()).toBe(rows);
    copy.close();
  }
});

test('--json prints path, size and rows', async () => {
  const place = bench();
  claim(place.ledger(), '001');
  const { out, err } = await run(place, 'copies', true);
  const result = JSON.parse(out) as { path: string };
  expect(result).toEqual({ path: result.path, bytes: statSync(result.path).size, rows: 1, profile: null });
  expect(err).toBe('');
});

test('while a writer keeps committing, the copy is whole and of one moment', async () => {
  const place = bench();
  const ledger = place.ledger();
  const before = claim(ledger, '001');
  beginSend(ledger, '3EB0A', [before]);
  const writer = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     import(workerData.sqlite).then(({ default: Sqlite }) => {
       const ledger = new Sqlite(workerData.file, { timeout: 5000 });
       const row = ledger.prepare(
         "INSERT INTO whatsapp_notifications (meter_number, duration_status, duration_minutes, channel, send_status," +
         " reason, dedupe_key, message, created_at, updated_at) VALUES (?, 'STUCK', 1, 'c', 'sent', 'due', ?, ?, 't', 't')");
       const padding = 'x'.repeat(4000);
       const pair = ledger.transaction((n) => { row.run('first', 'a' + n, padding); row.run('second', 'b' + n, padding); });
       let running = true;
       parentPort.on('message', () => { running = false; });
       let commits = 0;
       (function step() {
         if (!running) { ledger.close(); parentPort.close(); return; }
         pair.immediate(commits);
         commits += 1;
         parentPort.postMessage(commits);
         setImmediate(step);
       })();
     });`,
    {
      eval: true,
      workerData: { file: join(place.state, 'ledger.db'), sqlite: import.meta.resolve('better-sqlite3') },
    },
  );
  let commits = 0;
  const gone = new Promise((resolve, reject) => writer.once('exit', resolve).once('error', reject));
  const started = new Promise<void>((resolve) => {
    writer.on('message', (count: number) => {
      commits = count;
      if (count === 200) resolve();
    });
  });
  await started;
  const { out } = await run(place, 'copies');
  writer.postMessage('stop');
  await gone;
  expect(commits).toBeGreaterThan(200);

  const copy = openSqlite(out.trim(), { readonly: true });
  expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
  const count = copy.prepare('SELECT COUNT(*) FROM whatsapp_notifications WHERE meter_number = ?').pluck();
  expect(count.get('first')).toBe(count.get('second'));
  expect(count.get('first')).toBeGreaterThanOrEqual(200);
  expect(copy.prepare('SELECT send_status AS status FROM messages').all()).toEqual([{ status: 'sending' }]);
  copy.close();
});

test('the ledger itself is not changed and nothing is made beside it', async () => {
  const place = bench();
  const ledger = place.ledger();
  claim(ledger, '001');
  ledger.close();
  const before = readFileSync(join(place.state, 'ledger.db'));
  await run(place, 'copies');
  expect(readFileSync(join(place.state, 'ledger.db')).equals(before)).toBe(true);
  expect(readdirSync(place.state)).toEqual(['ledger.db']);
});

test('without a ledger there is nothing to back up, and nothing is made', async () => {
  const place = bench();
  await expect(run(place, 'copies')).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining('nothing to back up'),
    hint: expect.stringContaining('rc-notify scan'),
  });
  expect(existsSync(place.state)).toBe(false);
  expect(existsSync(join(place.directory, 'copies'))).toBe(false);
});

test('a ledger file that was never filled is no ledger either', async () => {
  const place = bench();
  mkdirSync(place.state);
  writeFileSync(join(place.state, 'ledger.db'), '');
  await expect(run(place, 'copies')).rejects.toMatchObject({ code: 'ERR_RC_NO_LEDGER', exitCode: 1 });
});

test('a target that is no directory is refused, and the ledger named as untouched', async () => {
  const place = bench();
  claim(place.ledger(), '001');
  writeFileSync(join(place.directory, 'copies'), 'a file');
  await expect(run(place, 'copies')).rejects.toMatchObject({
    code: 'ERR_RC_BACKUP_TARGET',
    exitCode: 73,
    message: expect.stringMatching(/copies.*the ledger is untouched/),
    hint: expect.stringContaining('rc-notify backup DIR'),
  });
  expect(readFileSync(join(place.directory, 'copies'), 'utf8')).toBe('a file');
});

test('a ledger that is damaged is told from a full disk', async () => {
  const place = bench();
  const ledger = place.ledger();
  for (let meter = 0; meter < 200; meter += 1) claim(ledger, `M${meter}`);
  ledger.close();
  const file = join(place.state, 'ledger.db');
  const bytes = readFileSync(file);
  bytes.fill(0xff, bytes.length - 4096 * 8);
  writeFileSync(file, bytes);
  await expect(run(place, 'copies')).rejects.toMatchObject({
    code: 'ERR_RC_LEDGER_UNREADABLE',
    exitCode: 73,
  });
  expect(readdirSync(join(place.directory, 'copies'))).toEqual([]);
});

test('where the disk is full no partial copy is left', async () => {
  const place = bench();
  const ledger = place.ledger();
  for (let meter = 0; meter < 500; meter += 1) claim(ledger, `M${meter}`);
  ledger.close();
  const copies = join(place.directory, 'copies');
  const script = join(place.directory, 'backup.mts');
  const module = pathToFileURL(join(import.meta.dirname, '../ledger/backup.ts')).href;
  writeFileSync(
    script,
    `import { backUpLedger } from ${JSON.stringify(module)};
     await backUpLedger(${JSON.stringify(place.state)}, ${JSON.stringify(copies)}, new Date(0)).catch((error) => {
       console.log(JSON.stringify({ code: error.code, exitCode: error.exitCode }));
     });`,
  );
  // A limit on the size of files stands in for the full disk: no more than 32 KiB can be written.
  const child = promisify(execFile)(
    'sh',
    ['-ec', 'ulimit -f 64; exec "$0" --import tsx "$1"', process.execPath, script],
    {
      cwd: join(import.meta.dirname, '../..'),
    },
  );
  expect(JSON.parse((await child).stdout)).toEqual({ code: 'ERR_RC_BACKUP_TARGET', exitCode: 73 });
  expect(readdirSync(copies)).toEqual([]);
});
