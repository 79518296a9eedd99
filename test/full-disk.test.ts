import { mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fileSizeLimit, fullDisk, mayMount } from './harness/disk.ts';
import { digestInTwoParts, eachOnce, meterNumbers, scanJson, Workplace } from './harness/workplace.ts';

const COMMANDS = [...meterNumbers(3).map((meter) => ({ meter })), ...digestInTwoParts()];
const METERS = COMMANDS.map(({ meter }) => meter);
const FIRST_KIB = 24;
const STEP_KIB = 60;
/** Several times what a scan needs. */
const ENOUGH_KIB = 4000;

interface Way {
  readonly name: string;
  /** Makes a command unable to write more than so many KiB in a directory; `keep` brings back what it wrote. */
  readonly limit: (directory: string, kiB: number) => { under: string[]; keep: () => void };
}

const WAYS: readonly Way[] = [
  {
    name: `no file may grow further${mayMount ? '' : ' (a full file system is not tried: this user may not mount one)'}`,
    limit: (_, kiB) => ({ under: fileSizeLimit(kiB), keep: () => {} }),
  },
  ...(mayMount ? [{ name: 'the file system is full', limit: fullDisk }] : []),
];

interface End {
  readonly code: number | null;
  /** Messages that arrived. */
  readonly sent: number;
}

/** A scan that can write only so much, and then one that can write what it likes. */
async function scanWithin(kiB: number, limit: Way['limit']): Promise<End> {
  const work = new Workplace();
  work.late(COMMANDS);
  mkdirSync(work.state);
  const world = { messenger: { server: work.server } };
  const { under, keep } = limit(work.state, kiB);
  const limited = await work.scan({ world, under });
  keep();
  const sent = work.received().delivered.length;
  expect([0, 73], `${kiB} KiB: ${limited.stderr}`).toContain(limited.code);
  const { exitCode, errors } = scanJson(limited);
  expect(exitCode).toBe(limited.code);
  if (exitCode === 73) expect(errors[0]?.code).toMatch(/^ERR_RC_(LEDGER_IO|DISK_FULL)$/);

  const next = await work.scan({ world });
  expect(next.code, next.stderr).toBe(0);
  expect(work.timesTold(METERS), `${kiB} KiB`).toEqual(eachOnce(METERS));
  expect(work.rows().filter((row) => row.send_status !== 'sent')).toEqual([]);
  return { code: limited.code, sent };
}

for (const { name, limit } of WAYS) {
  it(`${name}, at any step of a scan: 73, and when there is room again every meter was told exactly once`, async () => {
    const ends: End[] = [];
    for (let kiB = FIRST_KIB; ends.at(-1)?.code !== 0; kiB += STEP_KIB) {
      expect(kiB).toBeLessThan(ENOUGH_KIB);
      ends.push(await scanWithin(kiB, limit));
    }
    const failed = ends.filter(({ code }) => code === 73);
    expect(failed.some(({ sent }) => sent === 0)).toBe(true);
    expect(failed.some(({ sent }) => sent > 0)).toBe(true);
  });
}
