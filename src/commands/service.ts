import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { packageFile } from '../package-files.ts';
import { type Host, realHost } from '../service/host.ts';
import { planInstall } from '../service/install.ts';
import {
  CONFIG_FILE,
  STATE_DIRECTORY,
  SYSTEMD_RUNS,
  TIMER,
  TIMER_IS_ENABLED,
  USER,
} from '../service/layout.ts';
import { linksToMake, typed } from '../service/program.ts';
import { describe, perform, type Step } from '../service/steps.ts';
import { planUninstall } from '../service/uninstall.ts';
import type { CommandContext } from './context.ts';

export interface ServiceOptions {
  /** Only say what would be done. */
  readonly dryRun: boolean;
}

/**
 * Puts units, user, directories and a first configuration in place, or brings them up to date.
 * Throws RcError: 77 without root, 1 without systemd, where a command fails or the program is where the service can not
 * see it, 73 where a file can not be written, 78 where the configuration's state directory is out of its sight.
 */
export async function serviceInstall(
  { io, log }: CommandContext,
  { dryRun }: ServiceOptions,
  host: Host = realHost(),
): Promise<ExitCode> {
  refuseWithoutSystemd(host);
  if (!dryRun) refuseWithoutRoot('install', host);
  const { steps, warnings, isNew } = await planInstall(host);
  carryOut(steps, dryRun, host, io.stdout);
  for (const warning of warnings) log.warn(warning);
  if (!dryRun) io.stdout.write(nextSteps(isNew, host));
  return ExitCode.OK;
}

/** Takes away what `serviceInstall` put in place, but no data. Throws RcError: 77 without root, 1, 73. */
export async function serviceUninstall(
  { io }: CommandContext,
  { dryRun }: ServiceOptions,
  host: Host = realHost(),
): Promise<ExitCode> {
  refuseWithoutSystemd(host);
  if (!dryRun) refuseWithoutRoot('uninstall', host);
  const steps = planUninstall(host);
  if (steps.length === 0) io.stdout.write('The service is not installed; there is nothing to remove.\n');
  carryOut(steps, dryRun, host, io.stdout);
  if (!dryRun) io.stdout.write(WHAT_STAYS);
  return ExitCode.OK;
}

function carryOut(
  steps: readonly Step[],
  dryRun: boolean,
  host: Host,
  stdout: CommandContext['io']['stdout'],
): void {
  if (dryRun && steps.length > 0) stdout.write('Nothing is done. Without --dry-run it would be:\n');
  for (const step of steps) {
    stdout.write(`${describe(step, host)}\n`);
    if (!dryRun) perform(step, host);
  }
}

function refuseWithoutRoot(command: string, host: Host): void {
  if (host.uid === 0) return;
  throw new RcError({
    code: 'ERR_RC_NOT_ROOT',
    message: `rc-notify service ${command} changes the host, and this user may not; nothing was done.`,
    hint: `Run it as root: sudo ${typed(host)} service ${command}\nTo see what it would do: ${typed(host)} service ${command} --dry-run`,
    exitCode: ExitCode.NOPERM,
  });
}

function refuseWithoutSystemd({ root }: Host): void {
  if (existsSync(join(root, SYSTEMD_RUNS))) return;
  const folder = fileURLToPath(packageFile('systemd/'));
  throw new RcError({
    code: 'ERR_RC_NO_SYSTEMD',
    message: 'This host does not run systemd; nothing was done.',
    hint: `Let cron start the scans: ${folder}README.md, "Without systemd", says how to put rc-notify.cron and rc-notify.logrotate beside it in place.`,
    exitCode: ExitCode.FAILED,
  });
}

function nextSteps(isNew: boolean, host: Host): string {
  const links = linksToMake(host).map((command) => `  ${command}\n`);
  if (existsSync(join(host.root, TIMER_IS_ENABLED))) {
    return `\n${timerGoesOn(host)}\n${links.length === 0 ? '' : 'Next:\n'}${links.join('')}`;
  }
  const as = `sudo -u ${USER} ${typed(host)}`;
  return `
Next:
${links.join('')}  sudoedit ${CONFIG_FILE}${isNew ? '' : '                # yours, left as it is'}
  sudo install -m 0640 -g rc-notify password.txt /etc/rc-notify/oracle-password
  ${as} config check           # mistakes, source, offices
  ${as} login                  # link the WhatsApp number
  ${as} groups --format yaml   # ids for groups.byNocs
  ${as} test --all             # the fire drill
  ${as} doctor --connect       # everything once more
  ${as} scan --dry-run         # what would be told now
  sudo systemctl enable --now ${TIMER}        # every 15 minutes from now
`;
}

function timerGoesOn(host: Host): string {
  if (!host.run(['systemctl', 'is-active', '--quiet', TIMER]).ok) {
    return `The timer is enabled, but stopped: sudo systemctl start ${TIMER}`;
  }
  return `The timer is enabled: its next run is the new version's.\nIts last ones: journalctl -t rc-notify`;
}

const WHAT_STAYS = `
These stay; remove them by hand if nobody needs them any more:
  ${STATE_DIRECTORY}, or state.directory   ledger, linked WhatsApp session
  /etc/rc-notify, /etc/credstore/rc-notify.*   configuration, passwords
  the user rc-notify
`;
