import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Io } from '../io.ts';

/** What systemd says of the timer that starts scans, and of the last run it started. Times are UTC, ISO 8601. */
export interface Timer {
  readonly isInstalled: boolean;
  /** systemd's LoadState: `loaded`, `not-found`, `masked`, `bad-setting`, ... */
  readonly loadState: string;
  /** That of the service it starts; null where the timer is not installed. */
  readonly serviceLoadState: string | null;
  /** Whether it is started when the host boots. */
  readonly isEnabled: boolean;
  readonly isActive: boolean;
  readonly lastRun: string | null;
  readonly nextRun: string | null;
  readonly lastResult: LastResult | null;
}

interface LastResult {
  /** `success`, `exit-code`, `timeout`, ... (systemd.service(5), SERVICE_RESULT). */
  readonly result: string;
  readonly exitStatus: number;
}

const TIMER = 'rc-notify.timer';
const SERVICE = 'rc-notify.service';
const TIMER_PROPERTIES = [
  'LoadState',
  'ActiveState',
  'UnitFileState',
  'LastTriggerUSec',
  'NextElapseUSecRealtime',
];
const SERVICE_PROPERTIES = ['LoadState', 'Result', 'ExecMainStatus', 'ExecMainExitTimestamp'];
const ANSWER_MS = 5_000;

/** Null where there is no systemd that answers. */
export async function readTimer(env: Io['env']): Promise<Timer | null> {
  const timer = await show(TIMER, TIMER_PROPERTIES, env);
  if (timer === null) return null;
  const loadState = timer.LoadState ?? 'not-found';
  const isInstalled = loadState === 'loaded';
  const service = isInstalled ? await show(SERVICE, SERVICE_PROPERTIES, env) : null;
  return {
    isInstalled,
    loadState,
    serviceLoadState: service?.LoadState ?? null,
    isEnabled: timer.UnitFileState?.startsWith('enabled') ?? false,
    isActive: timer.ActiveState === 'active',
    lastRun: instant(timer.LastTriggerUSec),
    nextRun: instant(timer.NextElapseUSecRealtime),
    lastResult: service === null ? null : lastResult(service),
  };
}

function lastResult({
  Result: result,
  ExecMainStatus,
  ExecMainExitTimestamp,
}: Properties): LastResult | null {
  if (!result || instant(ExecMainExitTimestamp) === null) return null;
  return { result, exitStatus: Number(ExecMainStatus) };
}

type Properties = Readonly<Record<string, string | undefined>>;

async function show(unit: string, properties: readonly string[], env: Io['env']): Promise<Properties | null> {
  // Times come by the wall clock of $TZ, in a form that no option of older versions changes.
  const surroundings = { PATH: env.PATH ?? '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' };
  try {
    const args = ['show', unit, `--property=${properties.join()}`];
    const { stdout } = await promisify(execFile)('systemctl', args, {
      timeout: ANSWER_MS,
      env: surroundings,
    });
    return Object.fromEntries(
      stdout.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    );
  } catch {
    return null;
  }
}

/** `Sun 2026-11-22 12:45:00 UTC`; empty or `n/a` where there is none. */
function instant(text = ''): string | null {
  const [, date, time] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? UTC/.exec(text) ?? [];
  return date === undefined ? null : `${date}T${time}.000Z`;
}
