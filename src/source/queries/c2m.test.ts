import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../ledger/sqlite.ts';
import { readStatement } from '../oracle/statement.ts';
import { C2M_DEFAULTS, c2mCommands, c2mOutcomes, c2mParameters } from './c2m.ts';

/** Days; times of the tables are numbers of them. */
const NOW = 20_000;
const HOUR = 1 / 24;

const TABLES = {
  D1_ACTIVITY: 'D1_ACTIVITY_ID, ACTIVITY_TYPE_CD, BUS_OBJ_CD, BO_STATUS_CD, START_DTTM, CRE_DTTM',
  D1_ACTIVITY_REL_OBJ: 'D1_ACTIVITY_ID, MAINT_OBJ_CD, PK_VALUE1',
  D1_DVC_CFG: 'D1_DEVICE_ID, DEVICE_CONFIG_ID',
  D1_DVC_IDENTIFIER: 'D1_DEVICE_ID, DVC_ID_TYPE_FLG, ID_VALUE',
  D1_INSTALL_EVT: 'DEVICE_CONFIG_ID, D1_SP_ID, D1_REMOVAL_DTTM',
  D1_SP_CHAR: 'D1_SP_ID, CHAR_TYPE_CD, SRCH_CHAR_VAL',
  CI_SP_CHAR: 'SP_ID, CHAR_TYPE_CD, SRCH_CHAR_VAL, EFFDT',
  CI_SA_SP: 'SA_ID, SP_ID',
  CI_SA: 'SA_ID, ACCT_ID, SA_TYPE_CD, SA_STATUS_FLG',
  CI_ACCT: 'ACCT_ID, MAILING_PREM_ID',
  CI_PREM_CHAR: 'PREM_ID, CHAR_TYPE_CD, CHAR_VAL, EFFDT',
  CI_CHAR_VAL_L: 'CHAR_TYPE_CD, CHAR_VAL, LANGUAGE_CD, DESCR',
  CI_FT: 'SA_ID, TOT_AMT',
} as const;

type Value = string | number | null;

let database: Database;

/** SQLite joins as Oracle does; what else the query uses of Oracle is given to it here. */
beforeEach(() => {
  database = openSqlite(':memory:');
  database.exec("ATTACH ':memory:' AS CISADM");
  for (const [table, columns] of Object.entries(TABLES))
    database.exec(`CREATE TABLE CISADM.${table} (${columns})`);
  database.function('NVL2', (value, some, none) => (value === null ? none : some));
  database.function('TO_CHAR', (value, _format) => (value === null ? null : `day ${value}`));
});
afterEach(() => database.close());

function insert(table: keyof typeof TABLES, ...rows: Value[][]): void {
  for (const row of rows) {
    database.prepare(`INSERT INTO CISADM.${table} VALUES (${row.map(() => '?').join(', ')})`).run(...row);
  }
}

/** A command whose trigger time and creation are so many days back. */
function command(id: string, days: number, status = 'COMINPROG', created = days): void {
  const since = NOW - days;
  insert('D1_ACTIVITY', [id, 'REMOTECONNECT', 'D1-RemoteConnect', status, since, NOW - created]);
}

/** Everything about one customer, from the device to the office. */
function customer(device: string, { meter = `M-${device}`, nocs = 'NOCS-1' } = {}): void {
  insert('D1_DVC_IDENTIFIER', [device, 'D1SN', meter], [device, 'D1MI', 'another identifier']);
  insert('D1_DVC_CFG', [device, `${device}-old`], [device, `${device}-new`]);
  insert('D1_INSTALL_EVT', [`${device}-old`, 'sp-old', NOW - 9], [`${device}-new`, `d1sp-${device}`, null]);
  insert('D1_SP_CHAR', [`d1sp-${device}`, 'CM_LEGCY', `cust-${device}`], [`d1sp-${device}`, 'CM_OTHER', 'x']);
  insert(
    'CI_SP_CHAR',
    [`sp-${device}`, 'CM_LEGCY', `cust-${device}`, NOW - 3000],
    ['sp-x', 'CM_OTHER', `cust-${device}`, NOW - 3000],
  );
  insert('CI_SA_SP', [`sa-${device}`, `sp-${device}`], [`sa-old-${device}`, `sp-${device}`]);
  insert(
    'CI_SA',
    [`sa-${device}`, `acct-${device}`, 'PPD', '20'],
    [`sa-old-${device}`, 'acct-old', 'PPD', '60'],
  );
  insert('CI_ACCT', [`acct-${device}`, `prem-${device}`], ['acct-old', 'prem-old']);
  const premise = `prem-${device}`;
  insert('CI_PREM_CHAR', [premise, 'CM_NOCS', nocs, NOW - 3000], [premise, 'CM_OTHER', nocs, NOW]);
  insert('CI_FT', [`sa-${device}`, 100.5], [`sa-${device}`, -50.25], [`sa-old-${device}`, 7]);
}

function office(code: string, name: string): void {
  insert(
    'CI_CHAR_VAL_L',
    ['CM_NOCS', code, 'ENG', name],
    ['CM_NOCS', code, 'BEN', 'ঢাকা'],
    ['CM_OTHER', code, 'ENG', 'x'],
  );
}

function run(sql: string, binds: Readonly<Record<string, Value>>): Record<string, Value>[] {
  const lower = Object.fromEntries(Object.entries(binds).map(([name, value]) => [name.toLowerCase(), value]));
  const inSqlite = sql.replaceAll('SYSDATE', `${NOW}.0`);
  return database.prepare(inSqlite).all(lower) as Record<string, Value>[];
}

function commands(parameters: Readonly<Record<string, string>> = {}) {
  const values: Record<string, Value> = { ...c2mParameters(parameters), LOOKBACK_MINUTES: 8 * 24 * 60 };
  const sql = c2mCommands(c2mParameters(parameters));
  const used = [...readStatement(sql, 'c2m').binds];
  return run(sql, Object.fromEntries(used.map((name) => [name, values[name] ?? null])));
}

const ids = (rows: readonly Record<string, Value>[]) => rows.map(({ COMMAND_ID }) => COMMAND_ID).sort();

describe('the query c2m', () => {
  it('tells of a command all there is to tell, the age by the clock of the database', () => {
    command('C1', 2 * HOUR);
    insert('D1_ACTIVITY_REL_OBJ', ['C1', 'D1-DEVICE', 'dev  '], ['C1', 'D1-OTHER', 'other']);
    customer('dev');
    office('NOCS-1', 'NOCS MOTIJHEEL');
    expect(commands()).toEqual([
      {
        COMMAND_ID: 'C1',
        METER_NUMBER: 'M-dev',
        NOCS_NAME: 'NOCS MOTIJHEEL',
        CUSTOMER_ID: 'cust-dev',
        BALANCE: -50.25,
        TRIGGERED_AT: `day ${NOW - 2 * HOUR}`,
        ELAPSED_SECONDS: 7200,
      },
    ]);
  });

  it('finds what is in communication within the look-back, across midnights', () => {
    command('young', HOUR);
    command('yesterday', 1);
    command('last week', 7.9);
    command('prepared earlier', 7.9, 'COMINPROG', 8.5);
    command('older', 10);
    command('done', HOUR, 'COMPLETED');
    insert('D1_ACTIVITY', ['other', 'REMOTEDISC', 'D1-RemoteDisconnect', 'COMINPROG', NOW, NOW]);
    expect(ids(commands())).toEqual(['last week', 'prepared earlier', 'yesterday', 'young']);
  });

  it('loses no command, however little is known of its device, installation, account or office', () => {
    command('no device', HOUR);
    command('no meter number', HOUR);
    insert('D1_ACTIVITY_REL_OBJ', ['no meter number', 'D1-DEVICE', 'unknown']);
    command('not installed', HOUR);
    insert('D1_ACTIVITY_REL_OBJ', ['not installed', 'D1-DEVICE', 'shelf']);
    insert('D1_DVC_IDENTIFIER', ['shelf', 'D1SN', 'M-shelf']);
    insert('D1_DVC_CFG', ['shelf', 'shelf-1']);
    insert('D1_INSTALL_EVT', ['shelf-1', 'sp-old', NOW - 1]);
    command('no office', HOUR);
    insert('D1_ACTIVITY_REL_OBJ', ['no office', 'D1-DEVICE', 'dev']);
    customer('dev', { nocs: 'UNNAMED' });
    const rows = commands();
    expect(ids(rows)).toEqual(['no device', 'no meter number', 'no office', 'not installed']);
    const of = (id: string) => rows.find(({ COMMAND_ID }) => COMMAND_ID === id);
    expect(of('not installed')).toMatchObject({ METER_NUMBER: 'M-shelf', CUSTOMER_ID: null, BALANCE: null });
    expect(of('no office')).toMatchObject({ CUSTOMER_ID: 'cust-dev', NOCS_NAME: null, BALANCE: -50.25 });
  });

  it('gives one row a command, also where a meter has several, or a customer several of everything', () => {
    for (const id of ['C1', 'C2']) {
      command(id, HOUR);
      insert('D1_ACTIVITY_REL_OBJ', [id, 'D1-DEVICE', 'dev'], [id, 'D1-DEVICE', 'unknown']);
    }
    customer('dev');
    office('NOCS-1', 'NOCS MOTIJHEEL');
    insert('D1_SP_CHAR', ['d1sp-dev', 'CM_LEGCY', 'cust-zzz']);
    insert('CI_SA_SP', ['sa-2', 'sp-dev']);
    insert('CI_SA', ['sa-2', 'acct-dev', 'PPD', '20']);
    insert('CI_PREM_CHAR', ['prem-dev', 'CM_NOCS', 'UNNAMED', NOW]);
    const rows = commands();
    expect(ids(rows)).toEqual(['C1', 'C2']);
    for (const row of rows) {
      expect(row).toMatchObject({
        METER_NUMBER: 'M-dev',
        CUSTOMER_ID: 'cust-dev',
        NOCS_NAME: 'NOCS MOTIJHEEL',
      });
    }
  });

  it.each([
    ['the value since the latest date', [-10, 0.5], 'NOCS ZIGATOLA'],
    ['not one of a day to come', [10, 20], 'NOCS MOTIJHEEL'],
  ])('takes of several offices of a premise %s', (_name, [second = 0, third = 0], expected) => {
    command('C1', HOUR);
    insert('D1_ACTIVITY_REL_OBJ', ['C1', 'D1-DEVICE', 'dev']);
    customer('dev');
    insert('CI_PREM_CHAR', ['prem-dev', 'CM_NOCS', 'NOCS-2', NOW + second]);
    insert('CI_PREM_CHAR', ['prem-dev', 'CM_NOCS', 'NOCS-3', NOW + third]);
    office('NOCS-1', 'NOCS MOTIJHEEL');
    office('NOCS-2', 'NOCS ZIGATOLA');
    office('NOCS-3', 'NOCS AZIMPUR');
    expect(commands()).toMatchObject([{ COMMAND_ID: 'C1', NOCS_NAME: expected }]);
  });

  it('takes of several places of a customer the one since the latest date, with its balance and office', () => {
    command('C1', HOUR);
    insert('D1_ACTIVITY_REL_OBJ', ['C1', 'D1-DEVICE', 'dev']);
    customer('dev');
    office('NOCS-1', 'NOCS MOTIJHEEL');
    office('NOCS-2', 'NOCS ADABOR');
    for (const [place, since] of [
      ['left', -5000],
      ['to come', 1],
    ] as const) {
      insert('CI_SP_CHAR', [`sp-${place}`, 'CM_LEGCY', 'cust-dev', NOW + since]);
      insert('CI_SA_SP', [`sa-z-${place}`, `sp-${place}`]);
      insert('CI_SA', [`sa-z-${place}`, `acct-${place}`, 'PPD', '20']);
      insert('CI_ACCT', [`acct-${place}`, `prem-${place}`]);
      insert('CI_PREM_CHAR', [`prem-${place}`, 'CM_NOCS', 'NOCS-2', NOW - 1]);
      insert('CI_FT', [`sa-z-${place}`, 1]);
    }
    expect(commands()).toMatchObject([{ BALANCE: -50.25, NOCS_NAME: 'NOCS MOTIJHEEL' }]);
  });

  it('loses no command whose place and office are values of a day to come', () => {
    command('C1', HOUR);
    insert('D1_ACTIVITY_REL_OBJ', ['C1', 'D1-DEVICE', 'dev']);
    customer('dev');
    office('NOCS-1', 'NOCS MOTIJHEEL');
    database.exec(`UPDATE CISADM.CI_PREM_CHAR SET EFFDT = ${NOW + 1}`);
    expect(commands()).toMatchObject([{ COMMAND_ID: 'C1', BALANCE: -50.25, NOCS_NAME: null }]);
    database.exec(`UPDATE CISADM.CI_SP_CHAR SET EFFDT = ${NOW + 1}`);
    expect(commands()).toMatchObject([{ COMMAND_ID: 'C1', CUSTOMER_ID: 'cust-dev', BALANCE: null }]);
  });

  it.each(Object.keys(C2M_DEFAULTS).filter((name) => !/SCHEMA|STATUS_|BUSINESS_OBJECT/.test(name)))(
    'loses no command by a wrong %s',
    (parameter) => {
      command('C1', HOUR);
      insert('D1_ACTIVITY_REL_OBJ', ['C1', 'D1-DEVICE', 'dev']);
      customer('dev');
      office('NOCS-1', 'NOCS MOTIJHEEL');
      expect(ids(commands({ [parameter]: 'wrong' }))).toEqual(['C1']);
    },
  );

  it('takes a blank, which the product stores where a value is missing, for no value', () => {
    command('C1', HOUR);
    insert('D1_ACTIVITY_REL_OBJ', ['C1', 'D1-DEVICE', 'dev']);
    insert('D1_DVC_IDENTIFIER', ['dev', 'D1SN', ' '], ['dev', 'D1SN', 'M-dev']);
    insert('D1_DVC_CFG', ['dev', 'dev-1']);
    insert('D1_INSTALL_EVT', ['dev-1', 'd1sp-dev', null]);
    insert('D1_SP_CHAR', ['d1sp-dev', 'CM_LEGCY', ' ']);
    customer('somebody else');
    insert('CI_SP_CHAR', ['sp-somebody else', 'CM_LEGCY', ' ', NOW]);
    office('NOCS-1', 'NOCS MOTIJHEEL');
    expect(commands()).toMatchObject([
      { COMMAND_ID: 'C1', METER_NUMBER: 'M-dev', CUSTOMER_ID: null, NOCS_NAME: null, BALANCE: null },
    ]);
  });

  it('binds every code as text, and reads from another schema where the site has one', () => {
    const parameters = c2mParameters({ AGREEMENT_STATUS: 20, SCHEMA: 'CISREAD' });
    expect(parameters.AGREEMENT_STATUS).toBe('20');
    const { sql } = c2mOutcomes(['C1'], parameters);
    for (const text of [c2mCommands(parameters), sql]) expect(text).toMatch(/^(?!.*CISADM).*CISREAD\.D1_/s);
  });

  it.each([
    ['STATUS_IN_PROGRESS', ' ', /leaves status_in_progress empty/],
    ['SCHEMA', 'A.B', /has a schema that is no name/],
    ['SCHEMA', '"X"; --', /has a schema that is no name/],
  ])('refuses %s: %j', (name, value, message) => {
    expect(() => c2mParameters({ [name]: value })).toThrow(
      expect.objectContaining({ exitCode: 78, message: expect.stringMatching(message) }),
    );
  });

  it('knows no other parameters, and says which', () => {
    expect(() => c2mParameters({ NOCS_CODE: 'x' })).toThrow(
      expect.objectContaining({
        exitCode: 78,
        message: expect.stringMatching(
          /has nocs_code, which .* it knows schema, business_object, .* language/,
        ),
      }),
    );
  });
});

it('the outcome query tells what became of each command, by its id', () => {
  command('C1', HOUR, 'COMPLETED');
  command('C2', HOUR, 'DISCARDED');
  command('C3', HOUR);
  command('C4', HOUR, 'COMPLETED');
  command('C5', HOUR, 'COMERR');
  insert('D1_ACTIVITY', ['C6', 'REMOTECONNECT', 'D1-RemoteConnect', null, NOW, NOW]);
  const { sql, binds } = c2mOutcomes(['C1', 'C2', 'C3', 'C5', 'C6', 'unknown'], c2mParameters({}));
  expect(run(sql, binds)).toEqual([
    { COMMAND_ID: 'C1', OUTCOME: 'completed' },
    { COMMAND_ID: 'C2', OUTCOME: 'discarded' },
    { COMMAND_ID: 'C3', OUTCOME: 'in-progress' },
    { COMMAND_ID: 'C5', OUTCOME: 'stalled' },
    { COMMAND_ID: 'C6', OUTCOME: 'stalled' },
  ]);
});
