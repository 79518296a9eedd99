import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqlite } from '../src/ledger/sqlite.ts';
import { NO_GAPS, scanJson, Workplace } from './harness/workplace.ts';
import { hostWith } from './support/fake-host.ts';

/** A meter that stays late, refused once: what is drawn can not be written. */
async function refusedPlace(maxAttempts: number): Promise<Workplace> {
  const work = new Workplace({ channel: 'terminal', pace: NO_GAPS, rules: { maxAttempts } });
  work.late([{ meter: '12345678' }]);
  const ended = await work.run(['scan'], { under: ['sh', '-c', '"$@" > /dev/full', 'sh'] });
  expect(ended.stderr).toContain('could not be written');
  return work;
}

/** As a channel leaves it that refused the last attempt. */
function useUpAttempts(work: Workplace): void {
  const ledger = openSqlite(join(work.state, 'ledger.db'));
  ledger.prepare('UPDATE whatsapp_notifications SET next_attempt_at = NULL').run();
  ledger.close();
}

it('a meter given up after its last attempt is shown by every scan after it, by status and by doctor', async () => {
  const work = await refusedPlace(1);
  useUpAttempts(work);
  const scan = await work.run(['scan']);
  expect(scan.code, scan.stderr).toBe(0);
  expect(scan.stdout).toContain('Refused for the last time, not told (rc-notify reset --failed): 1\n');
  expect(scan.stdout).not.toContain('to be tried again');

  const status = await work.run(['status'], hostWith());
  expect(status.stdout).toMatch(/^Waiting: {4}nothing\nGiven up: {3}1 late meter not told/m);
  expect(status.stdout.replace(/\s+/g, ' ')).toContain('rc-notify reset --failed');
  const { pending, givenUp, retrying } = JSON.parse(
    (await work.run(['status', '--json'], hostWith())).stdout,
  );
  expect({ pending, givenUp, retrying }).toEqual({ pending: 0, givenUp: 1, retrying: 0 });

  const doctor = await work.run(['doctor', '--json'], hostWith());
  const checks: { name: string; status: string; mend: string }[] = JSON.parse(doctor.stdout).checks;
  expect(checks.filter(({ name }) => name === 'given up')).toMatchObject([
    { status: 'warning', mend: 'rc-notify reset --failed' },
  ]);

  expect((await work.run(['reset', '--failed', '--yes'])).code).toBe(0);
  expect(scanJson(await work.scan()).counts.sent).toBe(1);
  expect((await work.run(['scan'])).stdout).not.toContain('Refused');
});

it('once its meter has light, what was given up is no longer shown', async () => {
  const work = await refusedPlace(1);
  useUpAttempts(work);
  work.late([]);
  expect((await work.run(['scan'])).stdout).not.toContain('Refused');
  expect((await work.run(['status'], hostWith())).stdout).not.toContain('Given up');
});

it('a refused meter that is tried again later is in the summary until then', async () => {
  const work = await refusedPlace(5);
  const { stdout, code } = await work.run(['scan']);
  expect(code).toBe(0);
  expect(stdout).toContain('Refused, to be tried again: 1\n');
  expect(stdout).not.toContain('for the last time');
});
