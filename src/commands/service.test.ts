import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ExitCode } from '../exit-codes.ts';
import { GLOBAL, Machine } from '../service/testing.ts';

const PACKAGED = fileURLToPath(new URL('../../systemd/', import.meta.url));
const UNITS = '/usr/local/lib/systemd/system';
const CONFIG = '/etc/rc-notify/config.yaml';
const PROGRAM_DROP_IN = `${UNITS}/rc-notify.service.d/program.conf`;
const CONFIG_DROP_IN = `${UNITS}/rc-notify.service.d/configuration.conf`;

describe('service install', () => {
  it('copies the units, makes user and directories, and a configuration that names the state directory', async () => {
    const machine = new Machine();
    const { code, out } = await machine.install();
    expect(code).toBe(ExitCode.OK);
    expect(machine.files()).toEqual(
      [
        CONFIG,
        GLOBAL,
        '/usr/bin/node',
        `${UNITS}/rc-notify-failure@.service`,
        `${UNITS}/rc-notify.service`,
        `${UNITS}/rc-notify.timer`,
        '/usr/local/lib/sysusers.d/rc-notify.conf',
        '/usr/local/lib/tmpfiles.d/rc-notify.conf',
      ].sort(),
    );
    for (const name of ['rc-notify.service', 'rc-notify.timer', 'rc-notify-failure@.service']) {
      expect(machine.read(`${UNITS}/${name}`)).toBe(readFileSync(join(PACKAGED, name), 'utf8'));
    }
    expect(machine.commands).toEqual([
      'systemd-sysusers rc-notify.conf',
      'systemd-tmpfiles --create rc-notify.conf',
      `chgrp rc-notify ${CONFIG}`,
      'systemctl daemon-reload',
    ]);
    expect(machine.read(CONFIG)).toMatch(/^ {2}directory: \/var\/lib\/rc-notify /m);
    for (const command of machine.commands) expect(out).toContain(`run       ${command}\n`);
  });

  it('lets everybody read the units and nobody but root and the group the configuration, whatever the umask', async () => {
    const machine = new Machine();
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    await machine.install();
    const mode = (path: string) => statSync(machine.path(path)).mode & 0o777;
    expect(mode(CONFIG)).toBe(0o640);
    expect(mode(`${UNITS}/rc-notify.service`)).toBe(0o644);
    expect(mode('/usr/local/lib/systemd')).toBe(0o755);
  });

  it('names what comes next, login before the timer', async () => {
    const { out } = await new Machine().install();
    const steps = [
      'sudoedit',
      'config check',
      ' login ',
      ' groups ',
      ' test --all',
      'enable --now rc-notify.timer',
    ];
    const places = steps.map((step) => out.indexOf(step));
    expect(places.toSorted((a, b) => a - b)).toEqual(places);
    expect(Math.min(...places)).toBeGreaterThan(0);
  });

  it('done again changes nothing but what the package changed', async () => {
    const machine = new Machine();
    await machine.install();
    machine.write(`${UNITS}/rc-notify.timer`, 'of an older version');
    machine.configure('state: {directory: /var/lib/rc-notify}');
    const mine = machine.read(CONFIG);
    machine.commands.length = 0;
    const { out } = await machine.install();
    expect(out).toContain(`write     ${UNITS}/rc-notify.timer`);
    expect(out).toContain(`unchanged ${UNITS}/rc-notify.service`);
    expect(machine.read(`${UNITS}/rc-notify.timer`)).toContain('OnCalendar=');
    expect(machine.read(CONFIG)).toBe(mine);
    expect(machine.commands.join()).not.toContain('chgrp');
  });

  it('says so where the timer is enabled already', async () => {
    const machine = new Machine();
    machine.write('/etc/systemd/system/timers.target.wants/rc-notify.timer', '');
    const { out } = await machine.install();
    expect(out).toContain('The timer is enabled');
    expect(out).not.toContain('systemctl enable');
  });

  it('says so where the timer is enabled, but stopped as for an upgrade', async () => {
    const machine = new Machine();
    machine.write('/etc/systemd/system/timers.target.wants/rc-notify.timer', '');
    machine.failing = 'systemctl is-active --quiet rc-notify.timer';
    const { out } = await machine.install();
    expect(out).toContain('sudo systemctl start rc-notify.timer');
    expect(out).not.toContain('next run');
  });

  it.each(['', 'state: {directory: /var/lib/rc-notify}'])(
    'what it says to do fits into 80 columns (configuration: %j)',
    async (settings) => {
      const machine = new Machine();
      if (settings !== '') machine.configure(settings);
      const [, next = ''] = (await machine.install()).out.split('\nNext:\n');
      expect(Math.max(...next.split('\n').map((line) => line.length))).toBeGreaterThan(50);
      expect(next.split('\n').filter((line) => line.length > 80)).toEqual([]);
    },
  );

  it('shows the same with --dry-run, and does nothing', async () => {
    const machine = new Machine();
    const before = machine.files();
    machine.uid = 1000;
    const { out } = await machine.install({ dryRun: true });
    expect(out).toMatch(/^Nothing is done\./);
    expect(out).toContain(`write     ${CONFIG}`);
    expect(out).toContain('run       systemctl daemon-reload');
    expect([machine.files(), machine.commands]).toEqual([before, []]);
  });

  it('is refused to others than root with the line that works', async () => {
    const machine = new Machine();
    machine.uid = 1000;
    const before = machine.files();
    await expect(machine.install()).rejects.toMatchObject({
      code: 'ERR_RC_NOT_ROOT',
      exitCode: ExitCode.NOPERM,
      hint: expect.stringContaining('sudo rc-notify service install\n'),
    });
    expect(machine.files()).toEqual(before);
    rmSync(machine.path('/usr/bin/rc-notify'));
    await expect(machine.install()).rejects.toMatchObject({
      hint: expect.stringContaining(`sudo /usr/bin/node ${GLOBAL} service install\n`),
    });
  });

  it('points to cron where systemd does not run', async () => {
    const machine = new Machine();
    rmSync(machine.path('/run/systemd'), { recursive: true });
    await expect(machine.install()).rejects.toMatchObject({
      code: 'ERR_RC_NO_SYSTEMD',
      hint: expect.stringContaining(join(PACKAGED, 'README.md')),
    });
  });

  it('names a command that failed with what it said, and goes on from there the next time', async () => {
    const machine = new Machine();
    machine.failing = 'systemd-tmpfiles --create rc-notify.conf';
    await expect(machine.install()).rejects.toMatchObject({
      code: 'ERR_RC_SERVICE_COMMAND',
      message: expect.stringContaining(`${machine.failing}\nFailed to do it: no reason given`),
    });
    expect(existsSync(machine.path(CONFIG)), "its directory would have been root's alone").toBe(false);
    machine.failing = '';
    expect((await machine.install()).code).toBe(ExitCode.OK);
    expect(existsSync(machine.path(CONFIG))).toBe(true);
  });

  it('names a file that can not be written', async () => {
    const machine = new Machine();
    machine.write('/usr/local/lib/systemd', 'a file');
    await expect(machine.install()).rejects.toMatchObject({
      code: 'ERR_RC_SERVICE_FILE',
      exitCode: ExitCode.CANTCREAT,
      message: expect.stringContaining(`${UNITS}/rc-notify`),
    });
  });
});

describe('where the program is elsewhere', () => {
  it.each([
    ['in /opt, which systemd does not search', '/opt/node', ''],
    [
      'in a place the unit does not let run',
      '/srv/node',
      'ExecPaths=/srv/node/bin /srv/node/lib/node_modules/rc-notify\n',
    ],
  ])('%s, a drop-in names it', async (_, prefix, execPaths) => {
    const machine = new Machine();
    machine.node = `${prefix}/bin/node`;
    machine.program = `${prefix}/lib/node_modules/rc-notify/bin/rc-notify.js`;
    for (const path of [machine.node, machine.program]) machine.write(path, '');
    await machine.install();
    expect(machine.read(PROGRAM_DROP_IN).replace(/^#.*\n/, '')).toBe(
      `[Service]\nExecStart=\nExecStart=${machine.node} ${machine.program} scan --config ${CONFIG}\n${execPaths}`,
    );
  });

  it('the links by which sudo finds program and Node are what comes next, and only those', async () => {
    const machine = new Machine();
    expect((await machine.install()).out).not.toContain('ln -s');
    machine.program = '/opt/node/lib/node_modules/rc-notify/bin/rc-notify.js';
    machine.write(machine.program, '');
    rmSync(machine.path('/usr/bin/rc-notify'));
    const link = `sudo ln -s ${machine.program} /usr/local/bin/rc-notify`;
    const { out } = await machine.install();
    expect(out).toContain(`Next:\n  ${link}\n  sudoedit`);
    machine.node = '/opt/node/bin/node';
    machine.write(machine.node, '');
    rmSync(machine.path('/usr/bin/node'));
    machine.write('/etc/systemd/system/timers.target.wants/rc-notify.timer', '');
    const upgraded = await machine.install();
    expect(upgraded.out).toContain(`Next:\n  ${link}\n  sudo ln -s /opt/node/bin/node /usr/local/bin/node\n`);
  });

  it('or systemd would find another Node, it names this one; and back in its place the drop-in goes', async () => {
    const machine = new Machine();
    machine.write('/usr/local/bin/node', 'another');
    await machine.install();
    expect(machine.read(PROGRAM_DROP_IN)).toContain(`ExecStart=/usr/bin/node ${GLOBAL} scan`);
    rmSync(machine.path('/usr/local/bin/node'));
    expect((await machine.install()).out).toContain(`remove    ${PROGRAM_DROP_IN}`);
    expect(existsSync(dirname(machine.path(PROGRAM_DROP_IN)))).toBe(false);
  });

  it.each(['/root/.nvm/node', '/home/ops/node', '/run/user/1000/node'])('%s is refused', async (node) => {
    const machine = new Machine();
    machine.node = node;
    machine.write(node, '');
    await expect(machine.install()).rejects.toMatchObject({
      code: 'ERR_RC_SERVICE_PROGRAM',
      message: expect.stringContaining(node),
      hint: expect.stringContaining('npm install -g'),
    });
    expect(machine.commands).toEqual([]);
  });

  it('a link in the right place to a checkout in a home is refused as well', async () => {
    const machine = new Machine();
    machine.write('/home/ops/rc-notify/bin/rc-notify.js', '');
    rmSync(dirname(dirname(machine.path(GLOBAL))), { recursive: true });
    symlinkSync('../../../home/ops/rc-notify', dirname(dirname(machine.path(GLOBAL))));
    await expect(machine.install()).rejects.toMatchObject({ code: 'ERR_RC_SERVICE_PROGRAM' });
  });
});

it('a program that only root may read is refused with the line that opens it', async () => {
  const machine = new Machine();
  chmodSync(machine.path('/usr/lib/node_modules'), 0o700);
  await expect(machine.install()).rejects.toMatchObject({
    code: 'ERR_RC_SERVICE_PROGRAM',
    hint: expect.stringContaining('sudo chmod -R go+rX /usr/lib/node_modules'),
  });
  chmodSync(machine.path('/usr/lib/node_modules'), 0o755);
  expect((await machine.install()).code).toBe(ExitCode.OK);
});

describe('what the configuration asks of the service', () => {
  it('a longer deadline and another state directory become a drop-in, and the directory is made', async () => {
    const machine = new Machine();
    machine.configure('pace: {deadline: 14m}\nstate: {directory: /srv/rc state}');
    await machine.install();
    expect(machine.read(CONFIG_DROP_IN).replace(/^#.*\n/, '')).toBe(
      '[Service]\nReadWritePaths="/srv/rc state"\nNoExecPaths="/srv/rc state"\nTimeoutStartSec=1020s\n',
    );
    expect(machine.commands).toContain('install -d -o rc-notify -g rc-notify -m 0700 /srv/rc state');
    machine.configure('state: {directory: /var/lib/rc-notify}');
    await machine.install();
    expect(existsSync(machine.path(CONFIG_DROP_IN))).toBe(false);
  });

  it('a state directory that the service would not see is refused', async () => {
    const machine = new Machine();
    machine.configure('state: {directory: /home/ops/state}');
    await expect(machine.install()).rejects.toMatchObject({
      code: 'ERR_RC_SERVICE_STATE',
      exitCode: ExitCode.CONFIG,
    });
    expect(machine.commands).toEqual([]);
  });

  it('one that names no state directory is warned of: by hand it would be another', async () => {
    const machine = new Machine();
    machine.configure('');
    const { err } = await machine.install();
    expect(err).toContain('does not set state.directory');
  });

  it("a state directory that is not the service's is warned of with the line that gives it away", async () => {
    const machine = new Machine();
    machine.configure('state: {directory: /srv/other}');
    mkdirSync(machine.path('/srv/other'), { recursive: true, mode: 0o700 });
    expect((await machine.install()).err).toContain('Next: sudo chown -R rc-notify: /srv/other; ');
    machine.write('/etc/passwd', `rc-notify:x:${process.getuid?.()}:999::/var/lib/rc-notify:\n`);
    expect((await machine.install()).err).toBe('');
  });

  it.each([
    ['of another group', 0o640, 1],
    ['closed to its group', 0o600, 0],
  ])('a configuration %s is warned of: the service could not read it', async (_, mode, off) => {
    const machine = new Machine();
    machine.configure('state: {directory: /var/lib/rc-notify}');
    chmodSync(machine.path(CONFIG), mode);
    const { gid } = statSync(machine.path(CONFIG));
    machine.write('/etc/group', `rc-notify:x:${gid + off}:\n`);
    const line = `sudo chgrp rc-notify ${CONFIG}; sudo chmod 0640 ${CONFIG}`;
    expect((await machine.install()).err).toContain(line);
    machine.write('/etc/group', `rc-notify:x:${gid}:\n`);
    chmodSync(machine.path(CONFIG), 0o640);
    expect((await machine.install()).err).toBe('');
  });

  it('one with mistakes is left alone with what was made for it, and told', async () => {
    const machine = new Machine();
    machine.configure('pace: {deadline: 14m}\nstate: {directory: /var/lib/rc-notify}');
    await machine.install();
    machine.write(CONFIG, 'nonsense: 1');
    const { code, err } = await machine.install();
    expect(code).toBe(ExitCode.OK);
    expect(err).toContain('config check');
    expect(machine.read(CONFIG)).toBe('nonsense: 1');
    expect(existsSync(machine.path(CONFIG_DROP_IN))).toBe(true);
  });
});

describe('service uninstall', () => {
  it('stops timer and scan, removes what install made, and keeps data, configuration and what others added', async () => {
    const machine = new Machine();
    machine.node = '/opt/node/bin/node';
    machine.write(machine.node, '');
    await machine.install();
    machine.write('/var/lib/rc-notify/ledger.db', 'the ledger');
    machine.write('/etc/systemd/system/rc-notify.service.d/mail.conf', '[Unit]');
    machine.commands.length = 0;
    const { code, out } = await machine.uninstall();
    expect(code).toBe(ExitCode.OK);
    expect(machine.commands).toEqual([
      'systemctl disable --now rc-notify.timer',
      'systemctl stop rc-notify.service',
      'systemctl daemon-reload',
    ]);
    expect(machine.files().filter((path) => path.startsWith('/usr/local'))).toEqual([]);
    expect(machine.files()).toEqual(
      expect.arrayContaining([
        CONFIG,
        '/var/lib/rc-notify/ledger.db',
        '/etc/systemd/system/rc-notify.service.d/mail.conf',
      ]),
    );
    for (const kept of ['/var/lib/rc-notify', '/etc/rc-notify', '/etc/credstore', 'user rc-notify']) {
      expect(out).toContain(kept);
    }
  });

  it('where nothing is installed says so and runs nothing', async () => {
    const machine = new Machine();
    const { code, out } = await machine.uninstall();
    expect([code, machine.commands]).toEqual([ExitCode.OK, []]);
    expect(out).toContain('not installed');
  });

  it('shows the same with --dry-run, and does nothing', async () => {
    const machine = new Machine();
    await machine.install();
    const [before, commands] = [machine.files(), [...machine.commands]];
    const { out } = await machine.uninstall({ dryRun: true });
    expect(out).toContain('run       systemctl disable --now rc-notify.timer');
    expect([machine.files(), machine.commands]).toEqual([before, commands]);
  });
});
