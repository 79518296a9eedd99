import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { userName } from '../src/users.ts';
import { Workplace } from './harness/workplace.ts';

const OWNER = 64_998;
const THIRD = 64_999;
const isRoot = process.geteuid?.() === 0;

const COMMANDS = [
  ['scan'],
  ['scan', '--dry-run'],
  ['scan', '--baseline'],
  ['status'],
  ['history'],
  ['history', '--meter', '10000001'],
  ['login'],
  ['logout', '--yes'],
  ['groups'],
  ['test', '--all'],
  ['reset', '--all', '--yes'],
  ['mute', '--list'],
  ['mute', '--meter', '10000001', '--for', '1h'],
  ['preview', '--meter', '10000001'],
  ['backup', 'backups'],
  ['adopt', '--yes'],
];

/** A configuration that everybody may read, and a state directory of another user that has no ledger yet. */
function othersState(): { work: Workplace; state: string; owner: string } {
  const work = new Workplace();
  work.late([{ meter: '10000001' }]);
  chmodSync(work.directory, 0o755);
  // Who is not root can give no directory away: one that is not theirs is there already.
  if (!isRoot) {
    work.configure({ state: { directory: '/usr' } });
    return { work, state: '/usr', owner: 'root' };
  }
  mkdirSync(work.state, { mode: 0o700 });
  chownSync(work.state, OWNER, OWNER);
  return { work, state: work.state, owner: userName(OWNER) };
}

const USERS: [name: string, uid: number | undefined][] = isRoot
  ? [
      ['root', 0],
      ['a third user', THIRD],
    ]
  : [['an ordinary user', undefined]];

it.each(USERS)(
  '%s is sent to the user whose state it is, with the line that works, and leaves nothing there',
  async (_, uid) => {
    const { work, state, owner } = othersState();
    const before = readdirSync(state);
    const refused = await Promise.all(
      COMMANDS.map(async (args) => {
        const { code, stdout, stderr } = await work.run(args, uid === undefined ? {} : { uid });
        return { args, code, stdout, hint: stderr.trim().split('\n').at(-1)?.trim() };
      }),
    );
    expect(refused).toEqual(
      COMMANDS.map((args) => ({
        args,
        code: 73,
        stdout: '',
        hint: `Run it as that user: sudo -u ${owner} rc-notify ${args.join(' ')}`,
      })),
    );
    expect(readdirSync(state)).toEqual(before);
  },
);

it('a configuration that only another user may read names that user', async () => {
  const work = new Workplace();
  chmodSync(work.directory, 0o755);
  const folder = join(work.directory, 'packaged');
  mkdirSync(folder);
  const file = join(folder, 'config.yaml');
  writeFileSync(file, '');
  chmodSync(folder, isRoot ? 0o700 : 0o000);
  if (isRoot) chownSync(folder, OWNER, OWNER);
  const args = ['history', '--config', file];
  const { code, stderr } = await work.run(args, isRoot ? { uid: THIRD } : {});
  chmodSync(folder, 0o700);
  expect(code).toBe(78);
  expect(stderr).toContain('permission denied');
  expect(stderr).toContain(
    isRoot ? `sudo -u ${userName(OWNER)} rc-notify ${args.join(' ')}\n` : 'Name a file this user may read',
  );
});

it.runIf(isRoot)('a configuration of root that a group may read names the user of that group', async () => {
  const work = new Workplace();
  chmodSync(work.directory, 0o755);
  const file = join(work.directory, 'config.yaml');
  writeFileSync(file, '');
  chmodSync(file, 0o640);
  // Of the users that every Linux has one whose group has its name and number.
  chownSync(file, 0, 1);
  const { code, stderr } = await work.run(['history', '--config', file], { uid: THIRD });
  expect(code).toBe(78);
  expect(stderr).toContain(`sudo -u ${userName(1)} rc-notify history --config ${file}\n`);
});

it.runIf(isRoot).each([
  ['of root alone', 0o640, 0],
  ['whose group may not read it', 0o600, 1],
])('a configuration %s is opened for who scans, instead of sending to root', async (_, mode, gid) => {
  const work = new Workplace();
  chmodSync(work.directory, 0o755);
  const file = join(work.directory, 'config.yaml');
  writeFileSync(file, '');
  chmodSync(file, mode);
  chownSync(file, 0, gid);
  const { code, stderr } = await work.run(['status', '--config', file], { uid: THIRD });
  expect(code).toBe(78);
  expect(stderr).toMatch(new RegExp(`sudo chgrp (rc-notify|${THIRD}) ${file}; sudo chmod 0640 ${file}\n$`));
  expect(stderr).not.toContain('sudo -u');
});

it('where the working directory may not be looked into, the configuration is looked for elsewhere', async () => {
  const work = new Workplace({
    channel: 'terminal',
    source: { type: 'file', file: { path: '../../../rc-commands.csv' } },
  });
  work.late([]);
  const [closed, home] = [join(work.directory, 'closed'), join(work.directory, 'home')];
  const folder = join(home, '.config/rc-notify');
  mkdirSync(closed);
  mkdirSync(folder, { recursive: true });
  renameSync(join(work.directory, 'rc-notify.config.yaml'), join(folder, 'config.yaml'));
  for (const path of [work.directory, closed, folder]) {
    chmodSync(path, 0o755);
    if (isRoot) chownSync(path, THIRD, THIRD);
  }
  // A shell that went there while it might.
  const under = ['sh', '-c', 'cd closed; chmod 0 .; exec "$@"', 'sh'];
  const scan = await work.run(['scan'], { under, env: { HOME: home }, ...(isRoot ? { uid: THIRD } : {}) });
  chmodSync(closed, 0o700);
  expect(scan.stderr).toBe('');
  expect(scan.code).toBe(0);
});

it.runIf(isRoot)('a user without a name, home or place to write to can do what needs none', async () => {
  const work = new Workplace({ channel: 'terminal' });
  work.late([{ meter: '10000001' }]);
  chmodSync(work.directory, 0o755);
  mkdirSync(work.state, { mode: 0o700 });
  chownSync(work.state, THIRD, THIRD);
  for (const env of [{ HOME: '' }, { HOME: '/nonexistent' }, { HOME: '/root' }]) {
    const scan = await work.run(['scan'], { env, uid: THIRD });
    expect([scan.code, scan.stderr]).toEqual([0, '']);
  }
  const mute = await work.run(['mute', '--meter', '1', '--for', '1h'], { env: { HOME: '' }, uid: THIRD });
  expect([mute.code, work.query('SELECT DISTINCT who FROM audit')]).toEqual([0, [{ who: `uid ${THIRD}` }]]);
});
