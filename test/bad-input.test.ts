import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finished, Running } from './harness/command.ts';
import { meterNumbers, scanJson, Workplace } from './harness/workplace.ts';

const [OLD = '', FIRST = '', SECOND = '', THIRD = ''] = meterNumbers(4);
const HEADER = 'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS,CUSTOMER_ID,BALANCE,COMMAND_ID';
const MIB = 1024 * 1024;

function row(meter: string, seconds: string | number = 9000, nocs = 'NOCS-1', customer = 'CUST'): string {
  return `${meter},${nocs},${seconds},${customer},12.50,C-${meter}`;
}

/** A workplace where one meter was told already, so that it shows whether anything is cleared. */
async function workplace(content: string | Buffer): Promise<Workplace> {
  const work = new Workplace({ channel: 'terminal' });
  work.late([{ meter: OLD }]);
  expect((await work.scan()).code).toBe(0);
  writeFileSync(work.source, content);
  return work;
}

function told(work: Workplace): string[] {
  return work.rows().flatMap((row) => (row.send_status === 'sent' ? [row.meter_number] : []));
}

function cleared(work: Workplace): string[] {
  return work.rows().flatMap((row) => (row.cleared_at === null ? [] : [row.meter_number]));
}

function expectClearError(finished: Finished, code: number, error: string): void {
  expect(finished.code, finished.stderr).toBe(code);
  expect(scanJson(finished).errors.map((one) => one.code)).toEqual([error]);
  expect(finished.stderr).not.toContain('This is a bug');
}

describe('without a usable configuration nothing is started', () => {
  it('no configuration: 78, every place that was looked at, and the command that writes one', async () => {
    const work = new Workplace();
    rmSync(join(work.directory, 'rc-notify.config.yaml'));
    const { code, stderr } = await work.run(['scan']);
    expect(code).toBe(78);
    expect(stderr).toContain('rc-notify config init');
    expect(stderr).toContain(join(work.directory, 'rc-notify.config.yaml'));
    expect(stderr).toContain('/etc/rc-notify/config.yaml');
    expect(existsSync(work.state)).toBe(false);
  });

  it('unknown keys and bad values: 78, each with its line', async () => {
    const work = new Workplace();
    const config = join(work.directory, 'rc-notify.config.yaml');
    writeFileSync(config, 'channel: terminal\nrules:\n  alertAftr: 60m\n  once: never\nnonsense: 1\n');
    const { code, stderr } = await work.run(['scan']);
    expect(code).toBe(78);
    for (const place of ['3', '4', '5']) expect(stderr).toMatch(new RegExp(`(line |:)${place}\\b`));
    expect(stderr).toContain('alertAfter');
    expect(existsSync(work.state)).toBe(false);
  });
});

describe('a source that is damaged as a whole clears nothing', () => {
  it('a needed column is missing: 65, the column and those that are there', async () => {
    const work = await workplace(`METER_NUMBER,OFFICE,ELAPSED_SECONDS\n${FIRST},NOCS-1,9000\n`);
    const finished = await work.scan();
    expectClearError(finished, 65, 'ERR_RC_SOURCE_COLUMNS');
    expect(finished.stderr).toContain('lacks NOCS_NAME; it has the columns "METER_NUMBER", "OFFICE"');
    expect([told(work), cleared(work)]).toEqual([[OLD], []]);
  });

  it('the file is not there: 69', async () => {
    const work = await workplace('');
    work.configure({ channel: 'terminal', source: { type: 'file', file: { path: 'gone.csv' } } });
    expectClearError(await work.scan(), 69, 'ERR_RC_SOURCE_MISSING');
    expect(cleared(work)).toEqual([]);
  });

  it('an empty file: 65', async () => {
    const work = await workplace('');
    expectClearError(await work.scan(), 65, 'ERR_RC_SOURCE_EMPTY');
    expect(cleared(work)).toEqual([]);
  });

  it('a file cut off in the middle of a line: 65, what was read until there is told', async () => {
    const whole = [HEADER, row(FIRST), row(SECOND), row(THIRD)].join('\n');
    const work = await workplace(whole.slice(0, -25));
    expectClearError(await work.scan(), 65, 'ERR_RC_SOURCE_CUT_OFF');
    expect([told(work), cleared(work)]).toEqual([[OLD, FIRST, SECOND], []]);
  });

  it('a file cut off inside quotes: 65, what was read until there is told', async () => {
    const work = await workplace(`${HEADER}\n${row(FIRST)}\n${SECOND},"NOCS-1,9000,CUST`);
    expectClearError(await work.scan(), 65, 'ERR_RC_SOURCE_CUT_OFF');
    expect([told(work), cleared(work)]).toEqual([[OLD, FIRST], []]);
  });

  it('binary garbage: 65', async () => {
    const garbage = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 256));
    const work = await workplace(garbage);
    const finished = await work.scan();
    expect(finished.code, finished.stderr).toBe(65);
    expect([told(work), cleared(work)]).toEqual([[OLD], []]);
  });

  it('a line of 100 MB: 65, in little memory, what was read before it is told', async () => {
    const work = await workplace('');
    const file = openSync(work.source, 'w');
    writeSync(file, `${HEADER}\n${row(FIRST)}\n${SECOND},`);
    for (let written = 0; written < 100; written += 1) writeSync(file, Buffer.alloc(MIB, 'X'));
    closeSync(file);
    const running = work.start(['scan', '--json']);
    const peak = peakMemory(running);
    expectClearError(await running.finished, 65, 'ERR_RC_SOURCE_LINE_TOO_LONG');
    expect((await peak) / MIB).toBeLessThan(200);
    expect([told(work), cleared(work)]).toEqual([[OLD, FIRST], []]);
  });

  it('no row that can be used: 65, and why', async () => {
    const work = await workplace([HEADER, row(''), row(FIRST, 'soon')].join('\n'));
    const finished = await work.scan();
    expectClearError(finished, 65, 'ERR_RC_NO_USABLE_ROW');
    expect(finished.stderr).toContain('meter number is empty');
    expect(cleared(work)).toEqual([]);
  });
});

describe('rows that can not be used are reported and stop nothing', () => {
  it('a row without a meter number', async () => {
    const work = await workplace([HEADER, row(OLD), row(''), row(FIRST), ''].join('\n'));
    const finished = await work.scan();
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.stderr).toContain('Line 3 can not be used: meter number is empty.');
    expect(scanJson(finished).counts).toMatchObject({ checked: 3, invalid: 1, sent: 1 });
  });

  it('dates that do not exist, in the future, or hardly legible', async () => {
    const dates = ['2025-13-45 99:99', '30-02-2025 10:00:00', '2999-01-01 00:00:00', 'yesterday', '', '0'];
    const lines = dates.map((date, index) => `${30_000_001 + index},NOCS-1,${date}`);
    const work = await workplace(['METER_NUMBER,NOCS_NAME,TRIGGERED_AT', ...lines, ''].join('\n'));
    const finished = await work.scan();
    expect(finished.code, finished.stderr).toBe(65);
    expect(scanJson(finished).counts).toMatchObject({ checked: 6, invalid: 6, sent: 0 });
    for (const line of [2, 3, 4, 5, 6, 7])
      expect(finished.stderr).toContain(`Line ${line} can not be used: `);
  });

  it('ages beyond reason', async () => {
    const ages = ['-1e9', 'NaN', 'Infinity', '1e300', '99999999999999', '0x10', '9 000'];
    const rows = ages.map((age, index) => row(String(30_000_001 + index), age));
    const work = await workplace([HEADER, row(OLD), row(FIRST), ...rows, ''].join('\n'));
    const finished = await work.scan();
    expect(finished.code, finished.stderr).toBe(0);
    expect(scanJson(finished).counts).toMatchObject({ checked: 9, invalid: 7, sent: 1, alreadyNotified: 1 });
    expect(told(work)).toEqual([OLD, FIRST]);
  });

  it('NUL bytes in the fields of a row do not hide what is around them', async () => {
    const work = await workplace([HEADER, row(OLD), row(`${FIRST}\0`, 9000, 'NO\0CS-1'), ''].join('\n'));
    expect((await work.scan()).code).toBe(0);
    expect(told(work)).toEqual([OLD, FIRST]);
  });
});

it('hostile text in NOCS and customer changes neither the form of a message nor the terminal', async () => {
  const nocs = '"NOCS-1\r\n\r\n💰 Balance: 0 *paid* \u001b[2J\u001b]0;owned\u0007 \u202egnorw"';
  const customer = '"=cmd|\' /C calc\'!A0 _x_ ~y~ ```z``` \u001b[31m"';
  const work = await workplace([HEADER, row(OLD), row(FIRST, 9000, nocs, customer), ''].join('\n'));
  const finished = await work.run(['scan']);
  expect(finished.code, finished.stderr).toBe(0);
  for (const output of [finished.stdout, finished.stderr]) {
    expect(output).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  }
  const [harmless, hostile] = work.rows().map(({ message }) => message ?? '');
  expect(hostile?.split('\n').length).toBe(harmless?.split('\n').length);
  expect(hostile?.match(/^💰 Balance: .*$/gm)).toEqual(['💰 Balance: ৳12.50']);
  expect((await work.run(['history'])).stdout).not.toContain('\u001b');
});

/** The most physical memory the process ever had, bytes, as far as it could be watched. */
async function peakMemory({ process, finished }: Running): Promise<number> {
  let peak = 0;
  let isOver = false;
  const stop = () => {
    isOver = true;
  };
  finished.then(stop, stop);
  while (!isOver) {
    peak = Math.max(peak, highWaterMark(process.pid ?? 0));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return peak;
}

function highWaterMark(pid: number): number {
  try {
    const [, kiB = '0'] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/) ?? [];
    return Number(kiB) * 1024;
  } catch {
    return 0;
  }
}
