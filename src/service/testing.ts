import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { serviceInstall, serviceUninstall } from '../commands/service.ts';
import { bench } from '../commands/testing.ts';
import type { Host } from './host.ts';
import { CONFIG_FILE } from './layout.ts';

/** Where npm puts the program on Debian. */
export const GLOBAL = '/usr/lib/node_modules/rc-notify/bin/rc-notify.js';

/** A directory that is taken for a machine which runs systemd; commands are only noted down. */
export class Machine implements Host {
  readonly root = mkdtempSync(join(tmpdir(), 'rc-notify-machine-'));
  readonly commands: string[] = [];
  uid: number | undefined = 0;
  node = '/usr/bin/node';
  program = GLOBAL;
  failing = '';

  constructor() {
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    mkdirSync(this.path('/run/systemd/system'), { recursive: true });
    this.write('/usr/bin/node', '');
    this.write(GLOBAL, '');
    symlinkSync('../lib/node_modules/rc-notify/bin/rc-notify.js', this.path('/usr/bin/rc-notify'));
  }

  run(argv: readonly string[]) {
    const command = argv.join(' ');
    if (command === this.failing) return { ok: false, said: 'Failed to do it: no reason given' };
    this.commands.push(command);
    return { ok: true, said: '' };
  }

  path(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  /** Every file, with its path on the machine. */
  files(): string[] {
    const all = readdirSync(this.root, { recursive: true, withFileTypes: true });
    return all
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.root.length))
      .sort();
  }

  configure(settings: string): void {
    this.write(
      CONFIG_FILE,
      `source: {type: file}\nchannel: terminal\ngroups: {default: 120363000000000000@g.us}\n${settings}\n`,
    );
  }

  async install({ dryRun = false } = {}) {
    const context = bench().context();
    const code = await serviceInstall(context, { dryRun }, this);
    return { code, out: context.out(), err: context.err() };
  }

  async uninstall({ dryRun = false } = {}) {
    const context = bench().context();
    const code = await serviceUninstall(context, { dryRun }, this);
    return { code, out: context.out() };
  }
}
