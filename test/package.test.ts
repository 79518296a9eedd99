import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { manPage } from '../scripts/man.ts';
import { displayWidth } from '../src/terminal/width.ts';
import { asStranger, npm, PACKAGE, pack } from './harness/packed.ts';
import { runHostProgram, said } from './support/host-program.ts';

const MAN = join(PACKAGE, 'man/rc-notify.1');

function listing(): string[] {
  const packed = npm(['pack', '--ignore-scripts', '--dry-run', '--json']);
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

/** The tarball where a global installation has it, with the packages that are installed here. */
function unpacked(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-package-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  const folder = join(directory, 'rc-notify');
  mkdirSync(folder);
  const tar = ['--extract', '--strip-components=1', '--no-same-owner', `--directory=${folder}`];
  expect(spawnSync('tar', [...tar, `--file=${pack(directory)}`]).status).toBe(0);
  symlinkSync(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

it('the package carries all that runs it, and nothing of the tests', () => {
  const files = listing();
  expect(files).toEqual(
    expect.arrayContaining([
      'bin/rc-notify.js',
      'dist/main.js',
      'config.example.yaml',
      'config.schema.json',
      'docs/install.md',
      'examples/demo.yaml',
      'man/rc-notify.1',
      'systemd/README.md',
      'systemd/rc-notify.service',
      'systemd/rc-notify.timer',
      'systemd/rc-notify-failure@.service',
      'systemd/rc-notify.cron',
      'systemd/rc-notify.logrotate',
      'systemd/sysusers.d/rc-notify.conf',
      'systemd/tmpfiles.d/rc-notify.conf',
    ]),
  );
  const known =
    /^(bin|dist|docs|examples|man|systemd)\/|^(README|ARCHITECTURE|CONTRIBUTING|CHANGELOG)\.md$|^LICENSE$|^package\.json$|^config\./;
  expect(files.filter((path) => !known.test(path))).toEqual([]);
  expect(files.filter((path) => /\.tsx?$|test/.test(path.replace(/^dist\/test-/, '')))).toEqual([]);
});

it('unpacked, it runs from any directory as a user without a home', () => {
  const folder = unpacked();
  const program = join(folder, 'bin/rc-notify.js');
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
  expect(asStranger(program, ['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  expect(asStranger(program, ['completion', 'bash']).stdout).toMatch(/complete -F \w+ rc-notify\n$/);
  const schema = JSON.parse(asStranger(program, ['config', 'schema']).stdout);
  expect(schema).toEqual(JSON.parse(readFileSync(join(PACKAGE, 'config.schema.json'), 'utf8')));
  const shown = asStranger(program, ['scan', '--dry-run', '--config', join(folder, 'examples/demo.yaml')]);
  expect(shown.stdout).toMatch(/^Total meters checked: \d\d$/m);
});

it('where npm did not build better-sqlite3 it says so, and how to install it', () => {
  const folder = unpacked();
  const packages = join(folder, 'node_modules');
  rmSync(packages);
  mkdirSync(packages);
  for (const name of readdirSync(join(PACKAGE, 'node_modules'))) {
    const [from, to] = [join(PACKAGE, 'node_modules', name), join(packages, name)];
    if (name !== 'better-sqlite3') symlinkSync(from, to);
    else cpSync(from, to, { recursive: true, filter: (path) => !/better-sqlite3\/(build|deps)$/.test(path) });
  }
  const config = join(folder, 'examples/demo.yaml');
  const { status, stderr } = asStranger(join(folder, 'bin/rc-notify.js'), [
    'scan',
    '--dry-run',
    '--config',
    config,
  ]);
  expect([status, stderr]).toEqual([
    73,
    expect.stringMatching(/\[ERR_RC_SQLITE\]\n.+--allow-scripts=better-sqlite3/),
  ]);
});

it('whatsapp-web.js gets the puppeteer that downloads no browser', () => {
  const { packages } = JSON.parse(readFileSync(join(PACKAGE, 'package-lock.json'), 'utf8'));
  const found = Object.entries<{ name?: string; version: string }>(packages).filter(([path]) =>
    path.endsWith('node_modules/puppeteer'),
  );
  // Where the versions did not fit, a real one would be beside whatsapp-web.js.
  expect(found).toEqual([['node_modules/puppeteer', expect.objectContaining({ name: 'puppeteer-core' })]]);
});

it('the man page says what --help says; `npm run man` writes it anew', () => {
  expect(readFileSync(MAN, 'utf8')).toBe(manPage());
});

it('the man page is one that man formats without a complaint, in 80 columns', (context) => {
  const formatted = runHostProgram(context, 'groff', ['-man', '-ww', '-Tutf8', '-P-cbou', '-rLL=80n', MAN]);
  expect(formatted.stderr).toBe('');
  expect(formatted.status).toBe(0);
  const lines = said(formatted).split('\n');
  expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
  for (const heading of ['NAME', 'SYNOPSIS', 'COMMANDS', 'EXIT STATUS', 'ENVIRONMENT', 'FILES', 'EXAMPLES']) {
    expect(lines).toContain(heading);
  }
});
