import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Overview } from '../ledger/overview.ts';
import { clockRanBack } from '../scan/findings.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const NAME = 'clock';
const ANSWER_MS = 5_000;

/** Whether this host's clock went back, and whether somebody keeps it right; a database's own is compared by --connect. */
export async function checkClock(overview: Overview | null, now: Date, env: Io['env']): Promise<Finding> {
  const time = now.toISOString().replace(/\.\d+Z/, 'Z');
  const lastEnd = overview?.scans.find(({ finishedAt }) => finishedAt !== null)?.finishedAt ?? null;
  if (clockRanBack(lastEnd, now)) {
    const detail = `It is ${time} here, and the last scan ended at ${lastEnd}: scans send nothing.`;
    return failure(NAME, detail, 'Set the clock right: timedatectl', ExitCode.FAILED);
  }
  const isSynchronized = await asksTimedate(env);
  if (isSynchronized === false) {
    return warning(NAME, `${time}; nothing keeps it right (NTP).`, 'sudo timedatectl set-ntp true');
  }
  return ok(NAME, isSynchronized ? `${time}, kept right by NTP` : time);
}

/** Null where there is no systemd that knows. */
async function asksTimedate(env: Io['env']): Promise<boolean | null> {
  try {
    const { stdout } = await promisify(execFile)(
      'timedatectl',
      ['show', '--property=NTPSynchronized', '--value'],
      {
        timeout: ANSWER_MS,
        env: { PATH: env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
      },
    );
    return { yes: true, no: false }[stdout.trim()] ?? null;
  } catch {
    return null;
  }
}
