import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from './load.ts';
import { renderSettings } from './show.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rc-notify-show-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function load(name: string, text: string) {
  writeFileSync(join(home, name), text);
  return loadConfig({ path: name, env: { HOME: home, STATE_DIRECTORY: '/var/lib/rc-notify' }, cwd: home });
}

const FILE = `source: {type: file}
channel: terminal
rules:
  onlyNocs: [NOCS-1, "NOCS 2"]
groups:
  byNocs:
    NOCS 2: 1-2@g.us
message:
  footer: "a # b: c"
heartbeat: {url: "https://user:hunter2@hc.example:8443/hunter2?x=hunter2"}
`;

describe('config show', () => {
  test('every value has its origin beside it', async () => {
    const lines = renderSettings(await load('my.yaml', FILE)).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'channel: terminal # my.yaml line 2',
        '  alertAfter: 60m # default',
        '  onlyNocs: [ NOCS-1, NOCS 2 ] # my.yaml line 4',
        '    NOCS 2: 1-2@g.us # my.yaml line 7',
        '  footer: "a # b: c" # my.yaml line 9',
        '  currency: ৳ # default',
        '  directory: /var/lib/rc-notify # environment STATE_DIRECTORY',
        `    path: ${home}/rc-commands.csv # default`,
        '    parameters: {} # default',
        'email: null # default',
      ]),
    );
    for (const line of lines.filter((each) => each !== '' && !each.endsWith(':'))) {
      expect(line).toMatch(/ # (default|my\.yaml line \d+|environment \w+)$/);
    }
  });

  test('the address of the monitor is masked', async () => {
    const shown = renderSettings(await load('my.yaml', FILE));
    expect(shown).toContain('url: https://hc.example:8443/*** # my.yaml line 10');
    expect(shown).not.toContain('hunter2');
  });

  test('what is shown is itself a configuration that means the same', async () => {
    const loaded = await load('my.yaml', FILE.replace(/heartbeat.*\n/, ''));
    const again = await load('again.yaml', renderSettings(loaded));
    expect(again.config).toEqual(loaded.config);
  });
});
