/** Where the parts of the service are, as systemd/README.md says. */
export const USER = 'rc-notify';
export const TIMER = 'rc-notify.timer';
export const SERVICE = 'rc-notify.service';
export const STATE_DIRECTORY = '/var/lib/rc-notify';
export const CONFIG_FILE = '/etc/rc-notify/config.yaml';

const UNITS = '/usr/local/lib/systemd/system';
export const SYSUSERS = 'rc-notify.conf';
export const TMPFILES = 'rc-notify.conf';

/** Files of the package's `systemd/`, and where they go. */
export const PACKAGED: Readonly<Record<string, string>> = {
  'rc-notify.service': `${UNITS}/${SERVICE}`,
  'rc-notify-failure@.service': `${UNITS}/rc-notify-failure@.service`,
  'rc-notify.timer': `${UNITS}/${TIMER}`,
  'sysusers.d/rc-notify.conf': `/usr/local/lib/sysusers.d/${SYSUSERS}`,
  'tmpfiles.d/rc-notify.conf': `/usr/local/lib/tmpfiles.d/${TMPFILES}`,
};

/** Drop-ins that are made here: where the program is, and what the configuration asks of the service. */
const DROP_INS = `${UNITS}/rc-notify.service.d`;
export const PROGRAM_DROP_IN = `${DROP_INS}/program.conf`;
export const CONFIG_DROP_IN = `${DROP_INS}/configuration.conf`;

export const TIMER_IS_ENABLED = `/etc/systemd/system/timers.target.wants/${TIMER}`;
/** There where systemd runs the machine: sd_booted(3). */
export const SYSTEMD_RUNS = '/run/systemd/system';
