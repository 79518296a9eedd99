import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SourceRow } from '../source/port.ts';
import { DAY, HOUR, MINUTE, World } from './testing.ts';

const command = fc.record({
  meter: fc.constantFrom('1', '2', '3'),
  commandId: fc.constantFrom('A', 'B', null),
  hours: fc.constantFrom(0.5, 1.5, 3, 3, 200),
  nocsName: fc.constantFrom('NOCS-1', 'NOCS-2', null),
  outcome: fc.constantFrom(null, null, null, 'completed', 'discarded'),
});
const commands = fc.array(command, { maxLength: 7 });

test('what is kept from triage counts, warns and ends as if triage had seen it', async () => {
  await fc.assert(
    fc.asyncProperty(commands, commands, async (before, after) => {
      const w = new World({ rules: { ignoreAfter: 3 * DAY } });
      try {
        const rows = (listed: typeof before): SourceRow[] =>
          listed.map(({ meter, hours, ...values }) => w.row(meter, hours * HOUR, values));
        w.source.rows = rows(before);
        await w.scan();
        w.clock.advance(15 * MINUTE);
        w.source.rows = rows(after);
        const read = async (explain: boolean) => {
          w.log.warnings.splice(0);
          const { counts, notifications } = await w.scan({ dryRun: true, explain });
          return { counts, notifications, warnings: w.log.warnings.map((line) => [...line].sort().join('')) };
        };
        // To explain each command, triage must see each.
        expect(await read(false)).toEqual(await read(true));
      } finally {
        w.close();
      }
    }),
    { numRuns: 300 },
  );
});
