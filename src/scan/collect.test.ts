import { expect, test } from 'vitest';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { SourceField, SourceRow } from '../source/port.ts';
import { type CollectOptions, collect } from './collect.ts';
import { OpenRows } from './open-rows.ts';
import {
  configWith,
  HOUR,
  ListedSource,
  MINUTE,
  openTable,
  START,
  sourceRow,
  VirtualClock,
} from './testing.ts';
import { Told } from './told.ts';

const NOW = new Date(START);
const row = (meter: string, ageMs: number, values: Partial<SourceRow> = {}): SourceRow =>
  sourceRow(meter, ageMs, NOW, values);
/** Meters with an open row of the command that `sourceRow` lists. */
const open = (...meters: readonly string[]): OpenRows =>
  new OpenRows(openTable(...meters.map((meter) => ({ meter_number: meter, command_id: `C-${meter}` }))));
const options = (changes: Partial<CollectOptions> = {}): CollectOptions => ({
  clock: new VirtualClock(),
  timezone: 'Asia/Dhaka',
  once: 'meter',
  alertAfter: HOUR,
  now: NOW,
  open: open(),
  told: new Told(null, configWith().rules),
  takesPart: () => true,
  ...changes,
});
const broken = new RcError({
  code: 'ERR_RC_BROKEN',
  message: 'Cut off.',
  hint: 'Again.',
  exitCode: ExitCode.DATAERR,
});

function collecting(rows: SourceRow[], changes: Partial<CollectOptions> = {}, source = new ListedSource()) {
  source.rows = rows;
  return collect(source, options(changes), new AbortController().signal);
}

test('young commands are counted, late ones kept, unusable rows reported with their place', async () => {
  const rows = [
    row('1', HOUR - 1),
    row('2', HOUR),
    row('', HOUR, { position: 3 }),
    row('4', HOUR, { triggeredAt: null, position: 4 }),
    row('5', HOUR, { triggeredAt: null, position: 5 }),
  ];
  const read = await collecting(rows, { open: open('4') });
  expect(read).toMatchObject({ checked: 5, invalid: 3, usable: 2, normal: 1, failure: null });
  expect([...read.late.keys()]).toEqual(['2']);
  expect(read.invalidRows.map(({ position }) => position)).toEqual([3, 4, 5]);
  expect(read.sightings.invalidMeters).toEqual(new Set(['4']));
  expect(read.sightings.invalidCommands, 'what is not open is not kept').toEqual(new Set(['C-4']));
});

test('rows of one meter compete for one notification, or each command for its own', async () => {
  const rows = [row('1', 2 * HOUR, { commandId: 'A' }), row('1', 3 * HOUR, { commandId: 'B' })];
  const competing = async (options: Parameters<typeof collecting>[1]) =>
    [...(await collecting(rows, options)).late.values()].map((late) =>
      late.map(({ commandId }) => commandId).join(' or '),
    );
  expect(await competing({ once: 'meter' })).toEqual(['A or B']);
  expect(await competing({ once: 'command' })).toEqual(['A', 'B']);
});

test('a completed command is no late one, a discarded one is', async () => {
  const rows = ['completed', 'discarded', null].map((outcome, index) =>
    row(String(index + 1), 2 * HOUR, { outcome }),
  );
  const read = await collecting(rows, { open: open('1', '2', '3') });
  expect(read.normal).toBe(1);
  expect([...read.late.keys()]).toEqual(['2', '3']);
  expect([...read.sightings.finished.keys()]).toEqual(['1', '2']);
  expect([...read.sightings.inProgress.keys()]).toEqual(['3']);
});

test('only open meters are remembered as seen, so that memory does not grow with the rows', async () => {
  const rows = Array.from({ length: 100 }, (_, index) => row(String(index), MINUTE));
  const { sightings } = await collecting(rows, { open: open('7') });
  expect([...sightings.inProgress.keys()]).toEqual(['7']);
});

test('offices that take no part are passed over uncounted, but they are usable rows', async () => {
  const takesPart = (nocs: string | null): boolean => nocs === 'NOCS-2';
  const read = await collecting([row('1', HOUR), row('', HOUR)], { takesPart });
  expect(read).toMatchObject({ checked: 1, invalid: 1, usable: 1 });
});

test('a read that breaks off keeps what came before', async () => {
  const source = new ListedSource();
  source.failure = { after: 1, error: broken };
  const read = await collecting([row('1', HOUR), row('2', HOUR)], {}, source);
  expect(read.failure).toBe(broken);
  expect([...read.late.keys()]).toEqual(['1']);
});

test('a source that just ends at the deadline has not been read to its end', async () => {
  const source = new ListedSource();
  source.rows = [row('1', HOUR)];
  const read = await collect(source, options(), AbortSignal.abort());
  expect(read.failure).toMatchObject({ code: 'ERR_RC_DEADLINE' });
});

test.each(['command', 'status'] as const)(
  'once: %s needs a command id or a trigger time (78)',
  async (once) => {
    const source = new ListedSource();
    source.fields = new Set<SourceField>(['meterNumber', 'nocsName', 'elapsedSeconds']);
    const rows = [row('1', HOUR, { triggeredAt: null, commandId: null, elapsedSeconds: '3600' })];
    await expect(collecting(rows, { once }, source)).rejects.toMatchObject({ exitCode: ExitCode.CONFIG });
    expect(await collecting(rows, {}, source)).toMatchObject({ checked: 1, invalid: 0 });
  },
);

test('what is no expected failure is thrown as it is', async () => {
  const source = new ListedSource();
  source.failure = { after: 0, error: new TypeError('a bug') as unknown as RcError };
  await expect(collecting([], {}, source)).rejects.toThrow(TypeError);
});

test('a source that heeds no signal is left behind: what it gave until then is kept, and the read has failed', async () => {
  const stop = new AbortController();
  const source = new ListedSource();
  source.read = async function* () {
    yield { fields: source.fields, rows: [row('1', HOUR)] };
    stop.abort();
    await new Promise(() => {});
  };
  const read = await collect(source, options(), stop.signal);
  expect([...read.late.keys()]).toEqual(['1']);
  expect(read.failure?.exitCode).toBe(ExitCode.UNAVAILABLE);
});

test('offices are remembered as spelled, those passed over as well, and never more than offices can be', async () => {
  const rows = ['NOCS-1', 'nocs-1', null].map((nocsName) => row('1', MINUTE, { nocsName }));
  const { nocsSeen } = await collecting(rows, { takesPart: () => false });
  expect(nocsSeen).toEqual(new Set(['NOCS-1', 'nocs-1', '']));
  const many = Array.from({ length: 1500 }, (_, n) => row('1', MINUTE, { nocsName: `Customer ${n}` }));
  expect((await collecting(many)).nocsSeen.size).toBe(1000);
});
