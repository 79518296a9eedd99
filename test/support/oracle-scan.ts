import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { Finished } from '../harness/command.ts';
import { scanJson, Workplace } from '../harness/workplace.ts';
import {
  type Column,
  type OracleOptions,
  type OracleStandIn,
  type Row,
  startOracle,
} from '../standins/oracle/index.ts';
import { tableOf } from './oracle-table.ts';

export const PASSWORD = 'correct horse';

const TLS = fileURLToPath(new URL('../standins/oracle/tls', import.meta.url));
const pem = readFileSync(join(TLS, 'server.pem'), 'utf8');

/** A server for TCPS, which asks for a certificate that the wallet has. */
export const SERVER = { key: pem, cert: pem, ca: readFileSync(join(TLS, 'ca.pem'), 'utf8') };
export const WALLET = join(TLS, 'wallet');

/** What the built-in query yields. */
export const COLUMNS: readonly Column[] = [
  { name: 'COMMAND_ID', type: 'CHAR', size: 20 },
  { name: 'METER_NUMBER', type: 'VARCHAR2', size: 30 },
  { name: 'NOCS_NAME', type: 'VARCHAR2', size: 80 },
  { name: 'CUSTOMER_ID', type: 'VARCHAR2', size: 30 },
  { name: 'BALANCE', type: 'NUMBER' },
  { name: 'TRIGGERED_AT', type: 'VARCHAR2', size: 30 },
  { name: 'ELAPSED_SECONDS', type: 'NUMBER' },
];

const late = (meter: number): Row => [`C${meter}`, String(meter), 'NOCS-1', '77', '-0.05', null, 5400];
export const lateRows = (count: number) =>
  Array.from({ length: count }, (_, index) => late(10_000_001 + index));

/** A database that must have no session left when the test is over. */
export async function database(options: Partial<OracleOptions> = {}): Promise<OracleStandIn> {
  const answer = tableOf(COLUMNS, lateRows(1));
  const oracle = await startOracle({ answer, password: PASSWORD, ...options });
  onTestFinished(async () => {
    const { openSessions } = oracle;
    await oracle.close();
    expect(openSessions).toBe(0);
  });
  return oracle;
}

interface Settings {
  readonly oracle?: Readonly<Record<string, unknown>>;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly pace?: Readonly<Record<string, unknown>>;
  readonly password?: string;
}

type Address = Pick<OracleStandIn, 'connectString' | 'user'>;

/** The configuration that reads from this database. */
export function readingFrom({ connectString, user }: Address, settings: Settings = {}) {
  const oracle = { connectString, user, passwordFile: 'password', ...settings.oracle };
  return {
    channel: 'terminal',
    source: { type: 'oracle', timezone: 'UTC', oracle, ...settings.source },
    pace: { minGap: '0s', maxGap: '0s', perGroupGap: '0s', digestAbove: 1000, ...settings.pace },
  };
}

export function workplace(address: Address, settings: Settings = {}): Workplace {
  const work = new Workplace(readingFrom(address, settings));
  writeFileSync(join(work.directory, 'password'), `${settings.password ?? PASSWORD}\n`, { mode: 0o640 });
  return work;
}

export function withQuery(address: Address, sql: string, settings: Settings = {}): Workplace {
  const work = workplace(address, { ...settings, oracle: { query: 'own.sql', ...settings.oracle } });
  writeFileSync(join(work.directory, 'own.sql'), sql);
  return work;
}

/** The first error of a scan, after a look at whether the password stands anywhere. */
export function failureOf(finished: Finished): { code: string; message: string; hint: string } | undefined {
  expect(finished.stdout + finished.stderr).not.toContain(PASSWORD);
  return scanJson(finished).errors[0];
}

/** As a server would write it; `offset` is the place in the SQL text, from 0. */
export const ora = (code: number, message: string, offset?: number) => ({
  code,
  message: `ORA-${String(code).padStart(5, '0')}: ${message}`,
  ...(offset === undefined ? {} : { offset }),
});
