import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { asStranger, npm, pack } from './harness/packed.ts';

it('npm install -g of the tarball gives a program that scans, its man page, and no browser', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-global-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }), 120_000);
  chmodSync(directory, 0o755);
  const prefix = join(directory, 'prefix');
  const tarball = pack(directory);
  npm(['install', '-g', '--prefix', prefix, '--allow-scripts=better-sqlite3', tarball]);

  const packages = join(prefix, 'lib/node_modules/rc-notify/node_modules');
  expect(JSON.parse(readFileSync(join(packages, 'puppeteer/package.json'), 'utf8')).name).toBe(
    'puppeteer-core',
  );
  expect(existsSync(join(packages, 'whatsapp-web.js/node_modules/puppeteer'))).toBe(false);
  expect(readdirSync(packages)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(typescript|tsx)$/)]),
  );
  expect(realpathSync(join(prefix, 'share/man/man1/rc-notify.1'))).toMatch(/man\/rc-notify\.1$/);

  const state = join(directory, 'state');
  const config = join(directory, 'config.yaml');
  const source = join(prefix, 'lib/node_modules/rc-notify/examples/demo-commands.csv');
  writeFileSync(
    config,
    `source: {type: file, file: {path: ${source}}}
channel: terminal
groups: {default: 120363000000000000@g.us}
pace: {minGap: 0s, maxGap: 0s, perGroupGap: 0s}
state: {directory: ${state}}
`,
  );
  // Whoever the stranger is, the state is to be theirs.
  chmodSync(directory, 0o777);
  const program = join(prefix, 'bin/rc-notify');
  expect(asStranger(program, ['scan', '--config', config])).toMatchObject({
    status: 0,
    stderr: expect.not.stringContaining('error'),
  });
  expect(asStranger(program, ['history', '--config', config, '--json']).stdout).toContain(
    '"send_status":"sent"',
  );
});
