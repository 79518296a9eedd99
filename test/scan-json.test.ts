import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Finished } from './harness/command.ts';
import { meterNumbers, scanJson, Workplace } from './harness/workplace.ts';

const METERS = meterNumbers(2);
const [FIRST = ''] = METERS;

const KEYS = ['scan', 'counts', 'notifications', 'errors', 'exitCode'];
const SCAN_KEYS = ['id', 'startedAt', 'finishedAt', 'dryRun', 'source'];
const COUNT_KEYS = [
  ...['checked', 'invalid', 'duplicate', 'tooOld', 'normal', 'alert', 'stuck', 'due', 'sent', 'messagesSent'],
  ...['alreadyNotified', 'toldForEarlierCommand', 'failed', 'cancelled', 'cleared', 'pending', 'unknown'],
  ...['muted', 'noGroup'],
];
const NOTIFICATION_KEYS = [
  ...['meterNumber', 'nocsName', 'durationStatus', 'sendStatus', 'reason', 'groupId', 'messageId', 'message'],
];

/** Stdout is one JSON object in one line, with the keys of the contract and no other, and its sums add up. */
function expectContract({ code, stdout, stderr }: Finished): void {
  expect(stdout, stderr).toMatch(/^\{.*\}\n$/);
  const result = scanJson({ stdout, stderr });
  expect(Object.keys(result)).toEqual(KEYS);
  expect(Object.keys(result.scan)).toEqual(SCAN_KEYS);
  expect(Object.keys(result.counts)).toEqual(COUNT_KEYS);
  for (const notification of result.notifications)
    expect(Object.keys(notification)).toEqual(NOTIFICATION_KEYS);
  for (const error of result.errors) expect(Object.keys(error)).toEqual(['code', 'message', 'hint']);
  const { checked, invalid = 0, duplicate = 0, tooOld = 0, normal = 0, alert = 0, stuck = 0 } = result.counts;
  expect(checked).toBe(invalid + duplicate + tooOld + normal + alert + stuck);
  expect(result.exitCode).toBe(code);
  if (code !== 0) expect(result.errors.length).toBeGreaterThan(0);
}

function workplace(settings: Readonly<Record<string, unknown>> = {}): Workplace {
  const work = new Workplace({ channel: 'terminal', ...settings });
  work.late(METERS.map((meter) => ({ meter })));
  return work;
}

interface Case {
  readonly name: string;
  readonly code: number;
  readonly scan: () => Promise<Finished>;
}

const CASES: readonly Case[] = [
  {
    name: 'all kinds of rows',
    code: 0,
    scan: () => {
      const work = workplace();
      const row = (meter: string, minutes: number | string) => `${meter},NOCS-1,${minutes},C,1.00,C-${meter}`;
      const ages: [string, number | string][] = [
        [FIRST, 9000],
        [FIRST, 9001],
        ['2', 10],
        ['3', 4000],
        ['4', 40 * 86_400],
        ['5', 'soon'],
        ['', 9000],
      ];
      const header = 'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS,CUSTOMER_ID,BALANCE,COMMAND_ID';
      const lines = ages.map(([meter, seconds]) => row(meter, seconds));
      writeFileSync(work.source, `${[header, ...lines].join('\n')}\n`);
      return work.scan();
    },
  },
  { name: 'a meter waits without a group', code: 1, scan: () => workplace({ groups: {} }).scan() },
  {
    name: 'the fate of a message is not known',
    code: 4,
    scan: async () => {
      const work = workplace();
      const failpoint = { on: 'ledger', do: 'kill', method: 'settle', call: 1, when: 'before' } as const;
      expect((await work.scan({ world: { failpoint } })).signal).toBe('SIGKILL');
      return work.scan();
    },
  },
  {
    name: 'a column is missing',
    code: 65,
    scan: () => {
      const work = workplace();
      writeFileSync(work.source, 'METER,OFFICE\n1,2\n');
      return work.scan();
    },
  },
  {
    name: 'the source is not there',
    code: 69,
    scan: () => workplace({ source: { type: 'file', file: { path: 'gone.csv' } } }).scan(),
  },
  {
    name: 'a bug',
    code: 70,
    scan: () => {
      const failpoint = { on: 'ledger', do: 'bug', method: 'applyChanges', call: 1, when: 'before' } as const;
      return workplace().scan({ world: { failpoint } });
    },
  },
  {
    name: 'the ledger can not be read',
    code: 73,
    scan: () => {
      const work = workplace();
      mkdirSync(join(work.state, 'ledger.db'), { recursive: true });
      return work.scan();
    },
  },
  {
    name: 'another run holds the lock',
    code: 75,
    scan: async () => {
      const work = workplace({ pace: { minGap: '60s', maxGap: '60s', perGroupGap: '0s' } });
      await work.start(['scan']).wrote(FIRST);
      return work.scan();
    },
  },
  {
    name: 'a signal with work left',
    code: 75,
    scan: async () => {
      const work = workplace({ pace: { minGap: '60s', maxGap: '60s', perGroupGap: '0s' } });
      const running = work.start(['scan', '--json']);
      await running.wrote(FIRST);
      running.process.kill('SIGTERM');
      return running.finished;
    },
  },
  {
    name: 'the profile is not linked',
    code: 77,
    scan: () => {
      const work = workplace({ channel: 'whatsapp' });
      return work.scan({ world: { messenger: { server: work.server, connect: 'refuse' } } });
    },
  },
  {
    name: 'no configuration',
    code: 78,
    scan: () => {
      const work = workplace();
      rmSync(join(work.directory, 'rc-notify.config.yaml'));
      return work.scan();
    },
  },
  { name: 'a wrong configuration', code: 78, scan: () => workplace({ nonsense: 1 }).scan() },
  {
    name: 'a source that is not set up',
    code: 78,
    scan: () => workplace({ source: { type: 'oracle' } }).scan(),
  },
];

for (const { name, code, scan } of CASES) {
  it(`scan --json prints one object of the contract and exits ${code}: ${name}`, async () => {
    const finished = await scan();
    expect(finished.code, finished.stderr).toBe(code);
    expectContract(finished);
  });
}

it('scan --json --dry-run prints the same object', async () => {
  const work = workplace();
  const finished = await work.run(['scan', '--json', '--dry-run']);
  expectContract(finished);
  expect(scanJson(finished).notifications.map(({ sendStatus }) => sendStatus)).toEqual([null, null]);
});

it('a wrong option exits 64 and prints nothing on stdout', async () => {
  const { code, stdout } = await workplace().run(['scan', '--json', '--limit', '0']);
  expect([code, stdout]).toEqual([64, '']);
});

it('scan --json leaves stderr to the log: each message is one record there, and none with --quiet', async () => {
  const work = new Workplace({ channel: 'terminal' });
  work.late([{ meter: '10000001' }, { meter: '10000002' }]);
  const { stderr } = await work.run(['scan', '--json', '--log-format', 'json']);
  const records = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records.filter(({ message }) => message.includes('Meter: 1000000'))).toHaveLength(2);
  expect((await work.run(['scan', '--json', '--quiet'])).stderr).toBe('');
});
