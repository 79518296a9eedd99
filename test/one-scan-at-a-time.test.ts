import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { countMeters, eachOnce, meterNumbers, NO_GAPS, Workplace } from './harness/workplace.ts';

const RACER = fileURLToPath(new URL('harness/lock-racer.mjs', import.meta.url));
const METERS = meterNumbers(4);
const SCANS_TOGETHER = 20;

function terminalWork(minGap: string): Workplace {
  const work = new Workplace({ channel: 'terminal', pace: { ...NO_GAPS, minGap, maxGap: minGap } });
  work.late(METERS.map((meter) => ({ meter })));
  return work;
}

it('of 20 scans started together one works at a time, the others say who holds the lock, and every message is shown once', async () => {
  const work = terminalWork('500ms');
  const running = Array.from({ length: SCANS_TOGETHER }, () => work.start(['scan']));
  const finished = await Promise.all(running.map((scan) => scan.finished));

  const pids = running.map(({ process }) => String(process.pid));
  const locked = finished.filter(({ code }) => code === 75);
  const worked = finished.filter(({ code }) => code === 0);
  expect(worked.length, finished[0]?.stderr).toBeGreaterThanOrEqual(1);
  expect(worked.length + locked.length).toBe(SCANS_TOGETHER);
  for (const { stderr, stdout } of locked) {
    const [, pid] =
      stderr.match(/held by rc-notify scan \(process (\d+)\), since \d{4}-\d\d-\d\dT[\d:.]+Z/) ?? [];
    expect(pids, stderr).toContain(pid);
    expect(stdout).toBe('');
  }
  const shown = finished.map(({ stdout }) => stdout).join('\n');
  expect(countMeters(shown, METERS)).toEqual(eachOnce(METERS));
  expect(work.rows().map((row) => row.send_status)).toEqual(['sent', 'sent', 'sent', 'sent']);
});

it('of scans started together none connects to the messenger while another is connected', async () => {
  const work = new Workplace();
  work.late(METERS.map((meter) => ({ meter })));
  const messenger = { server: work.server, sends: { 1: 'answer-late', 3: 'answer-late' }, lateBy: 200 };
  const scans = await Promise.all(Array.from({ length: 8 }, () => work.scan({ world: { messenger } })));

  expect(scans.map(({ code }) => code)).toContain(0);
  const comings = readFileSync(work.server, 'utf8').match(/"(connected|closed)"/g) ?? [];
  expect(comings.filter((_, index) => index % 2 === 0).every((coming) => coming === '"connected"')).toBe(
    true,
  );
  expect(comings.filter((_, index) => index % 2 === 1).every((coming) => coming === '"closed"')).toBe(true);
  expect(work.timesTold(METERS)).toEqual(eachOnce(METERS));
});

it('a run that is killed leaves no lock behind', async () => {
  const work = terminalWork('60s');
  const holder = work.start(['scan']);
  await holder.wrote(METERS[0] ?? '');

  const second = await work.run(['scan']);
  expect(second.code).toBe(75);
  expect(second.stderr).toContain(`rc-notify scan (process ${holder.process.pid}), since `);
  const reset = await work.run(['reset', '--all', '--yes']);
  expect(reset.code).toBe(75);
  expect((await work.run(['history'])).code).toBe(0);

  holder.process.kill('SIGKILL');
  expect((await holder.finished).signal).toBe('SIGKILL');
  work.configure({ channel: 'terminal' });
  const after = await work.run(['scan']);
  expect(after.code, after.stderr).toBe(0);
  expect(after.stdout).toContain('Notifications sent: 3');
});

it('of two runs that reach for the lock in the same instant one gets it, and the other names it', async () => {
  const work = new Workplace();
  const rounds = 12;
  const args = ['--import', 'tsx', RACER, work.directory, Date.now() + 2000, rounds, 500].map(String);
  const racers = [1, 2].map(() => promisify(execFile)(process.execPath, args));
  const pids = racers.map(({ child }) => child.pid);
  const lines = (await Promise.all(racers)).flatMap(({ stdout }) => stdout.trim().split('\n'));
  for (let round = 0; round < rounds; round += 1) {
    const outcomes = lines.filter((line) => line.startsWith(`${round} `)).sort();
    expect(outcomes).toHaveLength(2);
    expect(outcomes.filter((line) => line === `${round} got it`)).toHaveLength(1);
    const loser = outcomes.find((line) => line !== `${round} got it`);
    expect(pids.map((pid) => `process ${pid}`)).toContain(loser?.match(/process \d+/)?.[0]);
  }
});
