// scan of an Oracle query against the bare driver: 100,000 rows, all late and told already, and an idle scan.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { inTemporaryDirectory, median, program, root, runNode, verdict, verdictAtLeast } from './measure.mjs';

const RUNS = 7;
const MANY = 100_000;
const FEW = 10;

await inTemporaryDirectory(async (directory) => {
  const { server, database } = await startServer();
  const times = measure({
    late: scanOf('late', MANY, database, directory),
    bare: bareReadOf('late', MANY, database),
    early: scanOf('early', MANY, database, directory),
    idle: scanOf('early', FEW, database, directory),
    bareIdle: bareReadOf('early', FEW, database),
  });
  server.stdin.end();
  report(times);
});

async function startServer() {
  const args = ['--import', import.meta.resolve('tsx'), join(root, 'bench/oracle-server.ts')];
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  return { server, database: JSON.parse(line) };
}

function queryFor(table, rows) {
  return `SELECT * FROM ${table} WHERE ROWNUM <= ${rows}`;
}

/** The scan command on a ledger in which the late ones are told; each run takes the milliseconds it returns. */
function scanOf(table, rows, { connectString, user, password }, parent) {
  const directory = join(parent, `${table}-${rows}`);
  mkdirSync(directory);
  const file = (name, content) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const query = file('query.sql', queryFor(table, rows));
  const oracle = { connectString, user, passwordFile: file('password', password), query };
  const settings = {
    source: { type: 'oracle', timezone: 'UTC', oracle },
    channel: 'terminal',
    groups: { default: '120363000000000000@g.us' },
    state: { directory: join(directory, 'state') },
  };
  const config = file('config.json', JSON.stringify(settings));
  runNode([program, 'scan', '--baseline', '--config', config]);
  return () => {
    const { ms, stdout } = runNode([program, 'scan', '--json', '--config', config]);
    const { counts } = JSON.parse(stdout);
    const told = table === 'late' ? rows : 0;
    if (counts.checked !== rows || counts.alreadyNotified !== told) throw new Error(stdout);
    return ms;
  };
}

function bareReadOf(table, rows, { connectString, user, password }) {
  const script = join(root, 'bench/plain-oracle.mjs');
  return () => {
    const { ms, stdout } = runNode([script, queryFor(table, rows), connectString, user, password]);
    if (JSON.parse(stdout).checked !== rows) throw new Error(stdout);
    return ms;
  };
}

/** All in turn, once unmeasured and then RUNS times. */
function measure(subjects) {
  const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
  for (let run = 0; run <= RUNS; run += 1) {
    for (const [name, time] of Object.entries(subjects)) {
      const ms = time();
      if (run > 0) times[name].push(ms);
    }
  }
  return times;
}

function report({ late, bare, early, idle, bareIdle }) {
  const perSecond = (ms) => Math.round(MANY / (median(ms) / 1000)).toLocaleString('en');
  console.log(`100,000 rows, whole process: scan ${shown(late)}, ${perSecond(late)} rows/s`);
  console.log(`                             bare ${shown(bare)}, ${perSecond(bare)} rows/s`);
  const part = (what, more, less) =>
    console.log(
      `  ${what.padEnd(58)} ${(median(more) - (less ? median(less) : 0)).toFixed(0).padStart(5)} ms`,
    );
  console.log('where the time of the scan goes:');
  part('start, configuration, ledger, logon, close (10 rows)', idle);
  part('reading 100,000 rows of which none is late', early, idle);
  part('  of this, what the bare driver needs', bare, bareIdle);
  part('finding 100,000 late ones told in the ledger', late, early);
  verdictAtLeast('rate of scan / rate of the bare driver', median(bare) / median(late), 0.6);
  console.log(`idle scan ${shown(idle)}, bare ${shown(bareIdle)}`);
  verdict('idle scan over bare', median(idle) - median(bareIdle), 250, ' ms');
}

function shown(times) {
  const [least, most] = [Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0));
  return `${median(times).toFixed(0)} ms (${least} to ${most})`;
}
