import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { run as main } from '../main.ts';
import { exampleFor } from '../service/configuration.ts';
import { configCheck } from './config-check.ts';
import { configInit } from './config-init.ts';
import { configSchema } from './config-schema.ts';
import { configShow } from './config-show.ts';
import { bench } from './testing.ts';

let home: string;
let context: ReturnType<typeof bench>['context'];
beforeEach(() => {
  ({ directory: home, context } = bench());
  rmSync(join(home, 'rc-notify.config.yaml'));
});

function put(name: string, text: string): void {
  writeFileSync(join(home, name), text);
}

const ROWS = `METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS
1,NOCS Ramna,60
2,nocs  ramna,7200
3,NOCS Banasree,7200
4,,7200
,NOCS Ramna,7200
`;

const CONFIG = `source: {type: file}
channel: terminal
groups:
  byNocs:
    NOCS RAMNA: 1-2@g.us
    NOCS Closed: 3-4@g.us
`;

describe('config init', () => {
  test('writes the commented example, not readable by others, and says what comes next', async () => {
    const run = context();
    expect(await configInit(run, { file: 'etc/rc/config.yaml', force: false })).toBe(0);
    const file = join(home, 'etc/rc/config.yaml');
    const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
    const example = readFileSync(new URL('../../config.example.yaml', import.meta.url), 'utf8');
    expect(rest).toEqual(example.split('\n').slice(1));
    expect(existsSync(new URL(first?.split('$schema=')[1] ?? ''))).toBe(true);
    expect(statSync(file).mode & 0o137).toBe(0);
    expect(run.out()).toContain(`Wrote ${file}.`);
  });

  test("at the service's place names the state directory, as service install does", async () => {
    const directory = /^state:\n {2}directory: (\S+)/m;
    expect(directory.exec(await exampleFor('/etc/rc-notify/config.yaml'))?.[1]).toBe('/var/lib/rc-notify');
    expect(directory.exec(await exampleFor(join(home, 'config.yaml')))?.[1]).toBe('null');
  });

  test('after the edits it names, config check and a dry run work', async () => {
    const run = context();
    await configInit(run, { file: undefined, force: false });
    const lines = readFileSync(join(home, 'rc-notify.config.yaml'), 'utf8').split('\n');
    const edits = [...run.out().matchAll(/^ {2}line (\d+): (.*)$/gm)];
    for (const [, number, text = ''] of edits) {
      const key = text.slice(0, text.indexOf(':') + 1);
      expect(lines[Number(number) - 1]?.startsWith(key), text).toBe(true);
      lines[Number(number) - 1] = text;
    }
    expect(edits).toHaveLength(3);
    put('rc-notify.config.yaml', lines.join('\n'));
    put('rc-commands.csv', ROWS);

    const check = context();
    expect(await configCheck(check, { json: false })).toBe(0);
    expect([check.out().split('\n')[0], check.err()]).toEqual(['The configuration is right.', '']);
    const { io } = context();
    expect(await main(['scan', '--dry-run'], io)).toBe(0);
  });

  test('what it writes is found and right', async () => {
    await configInit(context(), { file: undefined, force: false });
    expect(await configShow(context(), { json: false })).toBe(0);
    const named = { ...context(), configPath: 'other.yaml' };
    await configInit(named, { file: undefined, force: false });
    expect(named.out()).toContain('rc-notify --config other.yaml config check');
    expect(await configShow(named, { json: false })).toBe(0);
  });

  test('never overwrites without --force', async () => {
    put('rc-notify.config.yaml', 'mine');
    await expect(configInit(context(), { file: undefined, force: false })).rejects.toMatchObject({
      code: 'ERR_RC_CONFIG_EXISTS',
      exitCode: 1,
    });
    expect(readFileSync(join(home, 'rc-notify.config.yaml'), 'utf8')).toBe('mine');
    await configInit(context(), { file: undefined, force: true });
    expect(readFileSync(join(home, 'rc-notify.config.yaml'), 'utf8')).toContain('groups:');
  });

  test('a place that can not be written is an error that names it', async () => {
    put('file', '');
    await expect(configInit(context(), { file: 'file/config.yaml', force: false })).rejects.toMatchObject({
      code: 'ERR_RC_CONFIG_WRITE',
      message: expect.stringContaining(`${home}/file/config.yaml can not be written`),
    });
  });
});

describe('config check', () => {
  test('shows which group each NOCS of the source would get', async () => {
    put('rc-notify.config.yaml', CONFIG);
    put('rc-commands.csv', ROWS);
    const run = context();
    expect(await configCheck(run, { json: false })).toBe(0);
    const lines = run.out().replace(/ {2,}/g, '  ').split('\n');
    expect(lines[0]).toBe('The configuration is right.');
    expect(lines).toContain(`File:  ${home}/rc-notify.config.yaml`);
    expect(lines).toContain('  4 RC commands in progress, 1 unusable row');
    expect(lines.slice(lines.findIndex((line) => line.startsWith('NOCS')))).toEqual([
      'NOCS  Commands  Group  Remark',
      '(empty)  1  -  NO GROUP: waits',
      'NOCS Banasree  1  -  NO GROUP: waits',
      'NOCS Closed  0  3-4@g.us  not in the source',
      'NOCS Ramna  2  1-2@g.us',
      '',
    ]);
  });

  test('marks the NOCS that get the default group, and those left out of the pilot', async () => {
    put(
      'rc-notify.config.yaml',
      `${CONFIG}  default: 9@g.us\nrules: {onlyNocs: [nocs ramna, NOCS Banasree]}\n`,
    );
    put('rc-commands.csv', ROWS);
    const run = context();
    expect(await configCheck(run, { json: true })).toBe(0);
    expect(JSON.parse(run.out())).toMatchObject({
      ok: true,
      channel: 'terminal',
      commands: 4,
      invalid: 1,
      problems: [],
      errors: [],
      exitCode: 0,
      routes: [
        { nocsName: null, commands: 1, groupId: '9@g.us', by: 'default', inPilot: false },
        { nocsName: 'NOCS Banasree', commands: 1, groupId: '9@g.us', by: 'default', inPilot: true },
        { nocsName: 'NOCS Closed', commands: 0, groupId: '3-4@g.us', by: 'nocs', inPilot: false },
        { nocsName: 'NOCS Ramna', commands: 2, groupId: '1-2@g.us', by: 'nocs', inPilot: true },
      ],
    });
  });

  test('refuses what a scan would refuse: no column tells the commands of a meter apart', async () => {
    put('rc-notify.config.yaml', `${CONFIG}rules: {once: command}\n`);
    put('rc-commands.csv', ROWS);
    const run = context();
    expect(await configCheck(run, { json: true })).toBe(78);
    expect(JSON.parse(run.out())).toMatchObject({ errors: [{ code: 'ERR_RC_ONCE_NEEDS_COMMAND' }] });
  });

  test('a wrong configuration: every mistake at once, exit code 78', async () => {
    put('rc-notify.config.yaml', 'chanel: terminal\nrules: {once: day}\n');
    await expect(configCheck(context(), { json: false })).rejects.toMatchObject({ exitCode: 78 });
    const run = context();
    expect(await configCheck(run, { json: true })).toBe(78);
    expect(JSON.parse(run.out())).toMatchObject({
      ok: false,
      file: `${home}/rc-notify.config.yaml`,
      problems: [
        { path: 'source.oracle.connectString', line: null },
        { path: 'source.oracle.user', line: null },
        { path: 'chanel', line: 1, column: 1, message: 'unknown key; did you mean channel?' },
        { path: 'rules.once', line: 2 },
      ],
      errors: [{ code: 'ERR_RC_CONFIG' }],
      exitCode: 78,
    });
  });

  test('what rules.once needs of the source is not said to be right before its columns are known', async () => {
    put('rc-notify.config.yaml', `${CONFIG}rules: {once: command}\n`);
    put('rc-commands.csv', 'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n1,NOCS Ramna,60\n');
    const run = context();
    await expect(configCheck(run, { json: false })).rejects.toMatchObject({ exitCode: 78 });
    expect(run.out()).toContain('The file is right; whether the source has what rules.once: command needs');
    expect(run.out()).not.toContain('The configuration is right.');
  });

  test('a source that can not be read ends with its own exit code, after saying that the configuration is right', async () => {
    put('rc-notify.config.yaml', CONFIG);
    const run = context();
    await expect(configCheck(run, { json: false })).rejects.toMatchObject({ exitCode: 69 });
    expect(run.out()).toContain('The configuration is right.');
    const again = context();
    expect(await configCheck(again, { json: true })).toBe(69);
    expect(JSON.parse(again.out())).toMatchObject({ ok: true, routes: [], exitCode: 69 });
  });

  test('an Oracle query that would not be run is a mistake of the configuration', async () => {
    put(
      'rc-notify.config.yaml',
      `source: {oracle: {connectString: 'dbhost:1521/C2MPRD', user: rc, query: own.sql}}
groups: {default: 9@g.us}
channel: terminal
`,
    );
    put('own.sql', 'DELETE FROM rc_commands');
    const run = context();
    await expect(configCheck(run, { json: false })).rejects.toMatchObject({
      code: 'ERR_RC_ORACLE_QUERY',
      exitCode: 78,
    });
    expect(run.out()).toBe('');
    const again = context();
    expect(await configCheck(again, { json: true })).toBe(78);
    expect(JSON.parse(again.out())).toMatchObject({ ok: false, errors: [{ code: 'ERR_RC_ORACLE_QUERY' }] });
  });

  test('a template that does not work is a mistake of the configuration', async () => {
    mkdirSync(join(home, 'texts'));
    put('texts/a.liquid', '{{ nonsense }}');
    put('rc-notify.config.yaml', `${CONFIG}message: {template: texts/a.liquid}\n`);
    put('rc-commands.csv', ROWS);
    await expect(configCheck(context(), { json: false })).rejects.toMatchObject({ exitCode: 78 });
  });
});

describe('config show and schema', () => {
  test('--json gives the configuration and the origin of each value', async () => {
    put('rc-notify.config.yaml', `${CONFIG}heartbeat: {url: "https://hc.example/hunter2"}\n`);
    const run = context();
    expect(await configShow(run, { json: true })).toBe(0);
    expect(JSON.parse(run.out())).toMatchObject({
      file: join(home, 'rc-notify.config.yaml'),
      config: {
        channel: 'terminal',
        rules: { alertAfter: '60m' },
        heartbeat: { url: 'https://hc.example/***' },
      },
      origins: { channel: { from: 'file', line: 2 }, 'rules.alertAfter': { from: 'default' } },
    });
  });

  test('warnings go to the log, not into the answer', async () => {
    put('rc-notify.config.yaml', CONFIG.replace('terminal', 'whatsapp'));
    const run = context();
    await configShow(run, { json: false });
    expect(run.err()).toContain('groups.default is not set');
    expect(run.out()).not.toContain('is not set');
  });

  test('config schema prints JSON Schema', async () => {
    const run = context();
    expect(await configSchema(run)).toBe(0);
    expect(JSON.parse(run.out())).toMatchObject({ type: 'object', additionalProperties: false });
  });
});
