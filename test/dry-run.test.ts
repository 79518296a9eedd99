import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { countMeters, eachOnce, meterNumbers, NO_GAPS, Workplace } from './harness/workplace.ts';

const METERS = meterNumbers(3);
const [FIRST = ''] = METERS;

function workplace(pace = NO_GAPS): Workplace {
  const work = new Workplace({ channel: 'terminal', pace });
  work.late(METERS.map((meter) => ({ meter })));
  return work;
}

/** Every path below a directory with its mode, time of change and content. */
function tree(directory: string): Record<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const { mode, mtimeMs, size } = lstatSync(join(directory, path));
      if (lstatSync(join(directory, path)).isDirectory()) return [path, `directory ${mode}`];
      const hash = createHash('sha256')
        .update(readFileSync(join(directory, path)))
        .digest('hex');
      return [path, `${mode} ${mtimeMs} ${size} ${hash}`];
    }),
  );
}

it('without a ledger a dry run shows every message and creates nothing', async () => {
  const work = workplace();
  const before = tree(work.directory);
  const { code, stdout, stderr } = await work.run(['scan', '--dry-run']);
  expect(code, stderr).toBe(0);
  expect(countMeters(stdout, METERS)).toEqual(eachOnce(METERS));
  expect(stdout).toContain('To 120363000000000001@g.us:');
  expect(tree(work.directory)).toEqual(before);
});

it('with a ledger a dry run shows what is new and changes nothing', async () => {
  const work = workplace();
  expect((await work.scan()).code).toBe(0);
  const [late = ''] = meterNumbers(1, 30_000_001);
  work.late([...METERS.slice(1), late].map((meter) => ({ meter })));
  const before = tree(work.directory);
  const { code, stdout, stderr } = await work.run(['scan', '--dry-run']);
  expect(code, stderr).toBe(0);
  expect(countMeters(stdout, [...METERS, late])).toEqual({ ...countMeters('', METERS), [late]: 1 });
  expect(tree(work.directory)).toEqual(before);
});

it('a dry run leaves a message that a killed scan was sending as it is', async () => {
  const work = workplace();
  const failpoint = { on: 'ledger', do: 'kill', method: 'settle', call: 1, when: 'before' } as const;
  await work.scan({ world: { failpoint } });
  const rows = work.rows();
  expect((await work.run(['scan', '--dry-run'])).code).toBe(4);
  expect(rows.map((row) => row.send_status)).toEqual(['sending', 'pending', 'pending']);
  expect(work.rows()).toEqual(rows);
});

it('a dry run needs no lock: it works while another scan is sending', async () => {
  const work = workplace({ minGap: '60s', maxGap: '60s', perGroupGap: '0s' });
  const running = work.start(['scan']);
  await running.wrote(FIRST);
  const dryRun = await work.run(['scan', '--dry-run']);
  expect(dryRun.code, dryRun.stderr).toBe(0);
  running.process.kill('SIGTERM');
  expect((await running.finished).code).toBe(75);
  expect(work.rows().map((row) => row.send_status)).toEqual(['sent', 'pending', 'pending']);
});
