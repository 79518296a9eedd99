import { expect, it } from 'vitest';
import { checkRouting } from './routing.ts';

const DRIFT = { withoutGroup: [], notSeen: [], closedGroups: [], toldForEarlierCommand: 0 };

it('a configuration that fits no office at all is told in a few lines', () => {
  const notSeen = Array.from({ length: 100 }, (_, n) => ({ nocsName: `Office ${n}`, lastSeenAt: null }));
  const findings = checkRouting({ ...DRIFT, notSeen }, 'Asia/Dhaka');
  expect(findings).toHaveLength(9);
  expect(findings.at(-1)).toMatchObject({
    detail: '92 more like it.',
    mend: expect.stringContaining('--json'),
  });
});

it('an office whose name says NOCS already is not named twice', () => {
  const withoutGroup = ['NOCS-9', 'Savar', null].map((nocsName) => ({
    nocsName,
    lastSeenAt: '',
    groupId: null,
  }));
  expect(checkRouting({ ...DRIFT, withoutGroup }, 'UTC').map(({ detail }) => detail)).toEqual([
    'NOCS-9 has no group of its own: its late meters wait.',
    'NOCS Savar has no group of its own: its late meters wait.',
    'Rows without a NOCS have no group of their own: their late meters wait.',
  ]);
});

it.each([
  [
    1,
    '1 meter was late again within 30 days and not told, since once: meter told it for an earlier command.',
  ],
  [
    2,
    '2 meters were late again within 30 days and not told, since once: meter told them for an earlier command.',
  ],
])('meters told for an earlier command are counted: %i', (meters, detail) => {
  expect(checkRouting({ ...DRIFT, toldForEarlierCommand: meters }, 'UTC')).toMatchObject([{ detail }]);
});
