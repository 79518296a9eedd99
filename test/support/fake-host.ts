import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';

/** `systemctl show` prints for a unit what it is asked for, in this form. */
export interface Units {
  readonly timer?: Readonly<Record<string, string>>;
  readonly service?: Readonly<Record<string, string>>;
  readonly ntp?: 'yes' | 'no';
}

/** A timer as `rc-notify service install` leaves it, its last run well. */
export const RUNNING = {
  timer: {
    LoadState: 'loaded',
    ActiveState: 'active',
    UnitFileState: 'enabled',
    LastTriggerUSec: 'Sun 2026-11-22 12:30:12 UTC',
    NextElapseUSecRealtime: 'Sun 2026-11-22 12:45:12 UTC',
  },
  service: {
    LoadState: 'loaded',
    Result: 'success',
    ExecMainStatus: '0',
    ExecMainExitTimestamp: 'Sun 2026-11-22 12:30:15 UTC',
  },
  ntp: 'yes',
} as const;

/** The environment of a host with such a systemd; without units, of one that was not booted with it. */
export function hostWith({ timer, service, ntp }: Units = {}): { env: Record<string, string> } {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-host-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const lines = (properties: Units['timer'] = { LoadState: 'not-found', ActiveState: 'inactive' }) =>
    Object.entries(properties).map(([name, value]) => `${name}=${value}`);
  const show = (properties: Units['timer']) => `cat <<'END'\n${lines(properties).join('\n')}\nEND\n`;
  const noSystemd = 'echo "System has not been booted with systemd as init system (PID 1)." >&2; exit 1';
  const units = `case "$1 $2 $TZ" in
"show rc-notify.timer UTC") ${show(timer)} ;;
"show rc-notify.service UTC") ${show(service)} ;;
*) exit 2 ;;
esac`;
  const isBooted = timer !== undefined || ntp !== undefined;
  const programs = {
    systemctl: isBooted ? units : noSystemd,
    timedatectl: ntp === undefined ? noSystemd : `echo ${ntp}`,
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return { env: { PATH: `${directory}:${process.env.PATH}` } };
}
