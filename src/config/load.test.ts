import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Surroundings } from './find.ts';
import { loadConfig } from './load.ts';
import { ConfigError } from './problem.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rc-notify-config-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const NEEDS_NOTHING = 'source: {type: file}\nchannel: terminal\n';

function put(name: string, text: string): string {
  const file = join(home, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function load(path?: string, env: Surroundings['env'] = {}) {
  return loadConfig({ path, env: { HOME: home, ...env }, cwd: home });
}

async function failure(loading: Promise<unknown>): Promise<RcError> {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RcError);
  return error as RcError;
}

/** The problems as `line: path: message`. */
async function problemsIn(text: string): Promise<string[]> {
  const error = await failure(load(put('rc-notify.config.yaml', text)));
  expect(error.exitCode).toBe(ExitCode.CONFIG);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ path, line, message }) => `${line}: ${path}: ${message}`);
}

describe('which file is read', () => {
  const marked = (mark: string) => `${NEEDS_NOTHING}message: {footer: ${mark}}\n`;
  const footer = async (path?: string, env?: Surroundings['env']) =>
    (await load(path, env)).config.message.footer;

  test('--config, then RC_NOTIFY_CONFIG, the working directory, XDG_CONFIG_HOME, ~/.config', async () => {
    const xdg = join(home, 'xdg');
    put('.config/rc-notify/config.yaml', marked('home'));
    expect(await footer()).toBe('home');
    put('xdg/rc-notify/config.yaml', marked('xdg'));
    expect(await footer(undefined, { XDG_CONFIG_HOME: xdg })).toBe('xdg');
    expect(await footer(undefined, { XDG_CONFIG_HOME: 'xdg' })).toBe('home');
    put('rc-notify.config.yaml', marked('here'));
    expect(await footer(undefined, { XDG_CONFIG_HOME: xdg })).toBe('here');
    put('env.yml', marked('env'));
    expect(await footer(undefined, { RC_NOTIFY_CONFIG: 'env.yml' })).toBe('env');
    put(
      'option.json',
      JSON.stringify(
        { source: { type: 'file' }, channel: 'terminal', message: { footer: 'option' } },
        null,
        '\t',
      ),
    );
    expect(await footer('option.json', { RC_NOTIFY_CONFIG: 'env.yml' })).toBe('option');
  });

  test('a named file that does not exist is an error, not a reason to look elsewhere', async () => {
    put('rc-notify.config.yaml', NEEDS_NOTHING);
    for (const error of [
      await failure(load('gone.yaml')),
      await failure(load(undefined, { RC_NOTIFY_CONFIG: 'gone.yaml' })),
    ]) {
      expect(error).toMatchObject({ code: 'ERR_RC_NO_CONFIG', exitCode: 78 });
      expect(error.message).toContain(join(home, 'gone.yaml'));
      expect(error.hint).toContain('rc-notify config init');
    }
  });

  test('without any configuration the error lists the places looked at and says how to write one', async () => {
    const error = await failure(load());
    expect(error).toMatchObject({
      code: 'ERR_RC_NO_CONFIG',
      exitCode: 78,
      hint: 'Write one: rc-notify config init',
    });
    expect(error.message.split('\n').slice(1)).toEqual([
      `  ${home}/rc-notify.config.yaml`,
      `  ${home}/.config/rc-notify/config.yaml`,
      '  /etc/rc-notify/config.yaml',
    ]);
  });

  test.each(['config.js', 'config.mjs', 'config.ts', 'config'])('%s is refused and not run', async (name) => {
    const trace = join(home, 'ran');
    put(name, `require('node:fs').writeFileSync(${JSON.stringify(trace)}, '')`);
    expect((await failure(load(name))).message).toContain('must end in .yaml, .yml or .json');
    expect(existsSync(trace)).toBe(false);
  });

  test('code in .config/ of the working directory is not run, as the search library by itself would', async () => {
    const trace = join(home, 'ran');
    put('.config/config.cjs', `require('node:fs').writeFileSync(${JSON.stringify(trace)}, '')`);
    put('rc-notify.config.yaml', NEEDS_NOTHING);
    const before = process.cwd();
    process.chdir(home);
    try {
      await load();
    } finally {
      process.chdir(before);
    }
    expect(existsSync(trace)).toBe(false);
  });

  test('a directory, a device and a file of absurd size are refused before they are read', async () => {
    mkdirSync(join(home, 'a.yaml'));
    expect((await failure(load('a.yaml'))).message).toContain('it is not a regular file');
    expect((await failure(load('/dev/zero'))).message).toContain('it is not a regular file');
    put('big.yaml', `# ${'x'.repeat(1024 * 1024)}`);
    expect((await failure(load('big.yaml'))).message).toContain('it is larger than 1 MiB');
  });

  test('a file that is there but can not be read is an error, not passed over', async () => {
    put('.config/rc-notify/config.yaml', NEEDS_NOTHING);
    symlinkSync('rc-notify.config.yaml', join(home, 'rc-notify.config.yaml'));
    expect(await failure(load())).toMatchObject({
      code: 'ERR_RC_CONFIG',
      exitCode: 78,
      message: expect.stringContaining(`${home}/rc-notify.config.yaml can not be read`),
    });
  });

  test('"-" stays standard input', async () => {
    put('rc-notify.config.yaml', 'source: {type: file, file: {path: "-"}}\nchannel: terminal\n');
    expect((await load()).config.source.file.path).toBe('-');
  });

  test('state lives in STATE_DIRECTORY, else XDG_STATE_HOME, else ~/.local/state', async () => {
    put('rc-notify.config.yaml', NEEDS_NOTHING);
    const where = async (env?: Surroundings['env']) => {
      const { config, origins } = await load(undefined, env);
      return [config.state.directory, origins['state.directory']];
    };
    expect(await where({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b', XDG_STATE_HOME: '/x' })).toEqual([
      '/var/lib/a',
      { from: 'environment', variable: 'STATE_DIRECTORY' },
    ]);
    expect(await where({ XDG_STATE_HOME: '/x' })).toEqual([
      '/x/rc-notify',
      { from: 'environment', variable: 'XDG_STATE_HOME' },
    ]);
    expect(await where()).toEqual([join(home, '.local/state/rc-notify'), { from: 'default' }]);
  });

  test('a section whose lines are all commented out has its defaults', async () => {
    put('rc-notify.config.yaml', `${NEEDS_NOTHING}pace:\n  # minGap: 8s\nwhatsapp:\n  browser:\n`);
    expect((await load()).config.pace.minGap).toBe(8000);
  });

  test('a NOCS of digits keeps its zeros, and an anchor may name one group id for several', async () => {
    put(
      'rc-notify.config.yaml',
      `${NEEDS_NOTHING}groups:\n  byNocs:\n    007: &south 1-2@g.us\n    NOCS-2: *south\n`,
    );
    expect((await load()).config.groups.byNocs).toEqual({ '007': '1-2@g.us', 'NOCS-2': '1-2@g.us' });
  });

  test('warns of a file anyone may change, and of commands that will wait for a group', async () => {
    const file = put('rc-notify.config.yaml', 'source: {type: file}\ngroups: {byNocs: {NOCS-1: 1-2@g.us}}\n');
    chmodSync(file, 0o666);
    expect((await load()).warnings).toEqual([
      expect.stringContaining('Every user of this machine may change'),
      expect.stringContaining('groups.default is not set'),
    ]);
    chmodSync(put('rc-notify.config.yaml', NEEDS_NOTHING), 0o640);
    expect((await load()).warnings).toEqual([]);
  });
});

describe('what is wrong is told all at once, with path and line', () => {
  test('unknown keys, bad values and contradictions together', async () => {
    expect(
      await problemsIn(`source:
  typ: file
  timezone: Dhaka
rules:
  alertAfter: 3h
  stuckAfter: 120m
  maxAttempts: 0
  once: day
chanel: terminal
groups:
  byNocs:
    NOCS-1: 12@c.us
pace:
  minGap: 8 seconds
  maxGap: 20m
  perScan: 4.5
colour: red
email: {url: "smtp://user:hunter2@host"}
`),
    ).toEqual([
      '2: source.typ: unknown key; did you mean type?',
      '3: source.timezone: must be a time zone such as Asia/Dhaka or UTC, not "Dhaka"',
      '5: rules.alertAfter: rules.alertAfter (3h) must not be longer than rules.stuckAfter (120m)',
      '7: rules.maxAttempts: must be a whole number from 1 to 100, not 0',
      '8: rules.once: must be meter or command or status, not "day"',
      '9: chanel: unknown key; did you mean channel?',
      '12: groups.byNocs.NOCS-1: must be a group id such as 120363000000000000@g.us, not "12@c.us"',
      '14: pace.minGap: must be a duration such as 500ms, 8s, 10m, 2h or 7d, not "8 seconds"',
      '15: pace.maxGap: must be from 0s to 10m, not "20m"',
      '16: pace.perScan: must be a whole number from 1 to 10000, not 4.5',
      '17: colour: unknown key',
      '18: email: mail is not part of this version: it must be null, not a section',
    ]);
  });

  test('the message names file, path and line of each', async () => {
    const error = await failure(load(put('my.yaml', `${NEEDS_NOTHING}pace:\n  minGap: 1\n  maxGap:\n`)));
    expect(error.code).toBe('ERR_RC_CONFIG');
    expect(error.message).toBe(`${home}/my.yaml has 2 mistakes:
  At pace.minGap (my.yaml line 4): must be a duration such as 500ms, 8s, 10m, 2h or 7d, not 1
  At pace.maxGap (my.yaml line 5): must be a duration such as 500ms, 8s, 10m, 2h or 7d, but is empty`);
    expect(error.hint).toBe(`Correct the file, then run: rc-notify --config ${home}/my.yaml config check`);
  });

  test('a key in the wrong section is told where it belongs', async () => {
    expect(await problemsIn(`${NEEDS_NOTHING}deadline: 5m\n`)).toEqual([
      '3: deadline: unknown key here; did you mean pace.deadline?',
    ]);
  });

  test('an empty file lacks what Oracle and WhatsApp need', async () => {
    expect(await problemsIn('')).toEqual([
      'null: groups: channel whatsapp needs groups.default, or a name in groups.byNocs, to send to',
      'null: source.oracle.connectString: must be set where source.type is oracle (the default)',
      'null: source.oracle.user: must be set where source.type is oracle (the default)',
    ]);
  });

  test.each([
    ['just words', 'null: : must be a section with keys of its own'],
    ['source: file', '1: source: must be a section with keys of its own'],
    ['rules: [1]', '1: rules: must be a section with keys of its own, not a list'],
    [
      'rules: {onlyNocs: [A, 12]}',
      '1: rules.onlyNocs[1]: must be the name of a NOCS; digits alone need quotes, not 12',
    ],
    [
      'groups: {byNocs: {" ": 1@g.us}}',
      '1: groups.byNocs[" "]: must be the name of a NOCS; digits alone need quotes',
    ],
    [
      'source: {type: file, oracle: {query: c3m}}',
      '1: source.oracle.query: must be c2m or the path of a .sql file, not "c3m"',
    ],
    ['source: {columns: {meter: M}}', '1: source.columns.meter: unknown key; did you mean meterNumber?'],
    [
      'message: {timezone: "+06:00"}',
      '1: message.timezone: must be a time zone such as Asia/Dhaka or UTC, not "+06:00"',
    ],
    ['pace: {digestAbove: "5"}', '1: pace.digestAbove: must be a whole number from 1 to 1000, not "5"'],
    ['__proto__: {a: 1}', '1: __proto__: unknown key'],
  ])('%j', async (text, problem) => {
    expect(await problemsIn(text)).toContain(problem);
  });

  test.each([
    'u/hunter2@host:1521/X',
    'host:1521/X?wallet_password=hunter2',
    'host:1521/X?WALLET_PASSWORD = hunter2',
    '(DESCRIPTION=(ADDRESS=(HOST=h))(SECURITY=(WALLET_PASSWORD=hunter2)))',
    'u/hunter2@host:1521/X?wallet_password=hunter2',
  ])('an address of Oracle with a password in it is refused, and not repeated: %s', async (address) => {
    const problems = await problemsIn(`source: {oracle: {connectString: "${address}"}}`);
    expect(problems.filter((each) => each.includes('connectString'))).toEqual([
      '1: source.oracle.connectString: must be host:port/service without user and password, or null',
    ]);
  });

  test.each([
    ['rules: {stuckAfter: 60m, alertAfter: 60m}', undefined],
    ['rules: {stuckAfter: 1d, ignoreAfter: 1d}', 'rules.stuckAfter (1d)'],
    ['pace: {minGap: 16s}', 'pace.minGap (16s) must not be longer than pace.maxGap (15s)'],
    ['pace: {deadline: 121s}', undefined],
    [
      'pace: {deadline: 2m}',
      'pace.deadline (2m) must be at least 121s = whatsapp.ackTimeout 90s + 1s to start + 30s to close',
    ],
    [
      'groups: {byNocs: {NOCS-1: 1@g.us, " nocs-1": 2@g.us}}',
      'is the same NOCS as "NOCS-1", with another group',
    ],
    ['groups: {byNocs: {NOCS-1: 1@g.us, nocs-1: 1@g.us}}', 'is the same NOCS as "NOCS-1"'],
  ])('contradictions: %s', async (text, message) => {
    const loading = load(put('rc-notify.config.yaml', NEEDS_NOTHING + text));
    if (message === undefined) await expect(loading).resolves.toBeDefined();
    else expect((await failure(loading)).message).toContain(message);
  });

  test('the deadline holds all time limits of Oracle and WhatsApp, and the sum is shown', async () => {
    const text = `source:
  oracle: {connectString: a, user: b, callTimeout: 400s}
groups: {default: 1@g.us}
`;
    expect(await problemsIn(text)).toEqual([
      '2: source.oracle.callTimeout: pace.deadline (10m) must be at least 631s = source.oracle.connectTimeout 20s + ' +
        'source.oracle.callTimeout 400s + whatsapp.connectTimeout 90s + whatsapp.ackTimeout 90s + 1s to start + 30s to close',
    ]);
  });

  test('Oracle looks back at least as far as commands may be told', async () => {
    const text = 'source: {oracle: {connectString: a, user: b, lookback: 6d}}\ngroups: {default: 1@g.us}\n';
    expect(await problemsIn(text)).toEqual([
      '1: source.oracle.lookback: source.oracle.lookback (6d) must not be shorter than rules.ignoreAfter (7d)',
    ]);
  });

  test.each([
    ['rules:\n\talertAfter: 1h', '2: : a tab can not indent YAML: use blanks'],
    ['rules:\n  once: "meter\n', '3: : Missing closing "quote'],
    ['rules: {}\nrules: {}', '2: rules: is written twice; the first is in line 1'],
    ['rules:\n  once: a: b', '2: : a second ": " in one line: put the value in quotes'],
    ['rules: {}\n---\npace: {}', '2: : a second document begins here: a configuration is one document'],
    ['rules:\n  once: meter\n maxAttempts: 3', '3: : All mapping items must start at the same column'],
    ['message: {footer: "C:\\dpdc"}', '1: : a backslash in double quotes must be written twice'],
    ['channel: !!js/function x', '1: : a tag has no meaning here: put text that begins with ! in quotes'],
    [
      'a: &a [x]\nb: [*a]',
      '2: : an alias (*name) may only stand for a single value, not for a section or list',
    ],
    ['a: *b', '1: : an alias (*name) needs an anchor (&name) before it'],
    ['a: &a [*a]', '1: : an alias (*name) may only stand for a single value, not for a section or list'],
    ['[a]: 1', '1: : a key must be plain text'],
  ])('YAML: %j', async (text, problem) => {
    expect((await problemsIn(text)).filter((each) => each === problem)).toHaveLength(1);
  });

  test('YAML nested without end', async () => {
    expect(await problemsIn(`a: ${'['.repeat(5000)}`)).toEqual(['1: : nested too deeply']);
  });

  test('text that is not UTF-8 is refused where it begins', async () => {
    const file = put('latin.yaml', '');
    writeFileSync(file, Buffer.from('channel: terminal\nmessage: {footer: "\xe9"}\n', 'latin1'));
    expect((await failure(load(file))).message).toContain(
      'At latin.yaml line 2, column 20: the file is not UTF-8 text',
    );
  });

  test('a written-twice key does not hide the other mistakes', async () => {
    const problems = await problemsIn(`${NEEDS_NOTHING}pace: {minGap: x}\nchannel: terminal\n`);
    expect(problems).toHaveLength(2);
  });
});

test.each([
  'heartbeat: https://hc.example/hunter2',
  'heartbeat: {url: ftp://hc.example/hunter2}',
  'heartbeat: {url: [https://hc.example/hunter2]}',
  'heartbeat: {ur: https://hc.example/hunter2}',
  'source: {oracle: {password: hunter2}}',
  'source: {oracle: {connectString: u/hunter2@host:1521/X}}',
  'source: {oracle: hunter2}',
  'email: smtp://u:hunter2@host',
  'heartbeat:\n  url: "https://hc.example/hunter2\n',
  'heartbeat:\n  url: a\n}hunter2',
  'heartbeat:\n  url: [a\n  hunter2: !hunter2 *hunter2',
  'source: {oracle: {password: !hunter2 x}}',
])('a secret in a wrong file is not repeated: %j', async (text) => {
  const error = await failure(load(put('rc-notify.config.yaml', text)));
  expect(`${error.message} ${error.hint}`).not.toContain('hunter2');
});
