import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { CONFIG_DROP_IN, CONFIG_FILE, PROGRAM_DROP_IN } from '../src/service/layout.ts';
import { Machine } from '../src/service/testing.ts';
import { Workplace } from './harness/workplace.ts';
import { runHostProgram, said } from './support/host-program.ts';

const UNITS = '/usr/local/lib/systemd/system';

it.each(['install', 'uninstall'])(
  'service %s changes nothing for who is not root, and says how to go on',
  async (command) => {
    // Never as root: on a host with systemd this would be an installation.
    const options = process.geteuid?.() === 0 ? { uid: 65_534 } : {};
    const { code, stdout, stderr } = await new Workplace().run(['service', command], {
      ...options,
      under: ['env', '--chdir=/'],
    });
    expect([1, 77]).toContain(code);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      code === 1 ? /ERR_RC_NO_SYSTEMD.+rc-notify\.cron/s : new RegExp(`sudo .*service ${command}\\n`),
    );
  },
);

it('the drop-ins it makes are understood by systemd to the last word', async (context) => {
  const machine = new Machine();
  // systemd looks whether it is there.
  machine.node = '/bin/sh';
  machine.program = '/srv/rc notify/bin/rc-notify.js';
  machine.write(
    CONFIG_FILE,
    'source: {type: file}\nchannel: terminal\ngroups: {default: 120363000000000000@g.us}\npace: {deadline: 14m}\nstate: {directory: "/srv/100% of \\"it\\""}\n',
  );
  mkdirSync(machine.path('/srv/100% of "it"'), { recursive: true });
  await machine.install();
  expect(machine.files()).toEqual(expect.arrayContaining([PROGRAM_DROP_IN, CONFIG_DROP_IN]));

  for (const name of ['sysinit', 'basic', 'shutdown', 'timers', 'network-online']) {
    writeFileSync(machine.path(`${UNITS}/${name}.target`), '[Unit]\nDescription=needed by the units\n');
  }
  const paths = ['rc-notify.service', 'rc-notify.timer'].map((name) => join(machine.path(UNITS), name));
  const verified = runHostProgram(context, 'systemd-analyze', ['verify', ...paths], {
    SYSTEMD_UNIT_PATH: machine.path(UNITS),
  });
  expect(said(verified)).toBe('');
  expect(verified.status).toBe(0);
});
