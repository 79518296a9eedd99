import { describe, expect, it } from 'vitest';
import { driftOf } from './drift.ts';

const day = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString();
const GROUPS = {
  default: 'default@g.us',
  byNocs: { Banani: '1@g.us', Motijheel: '2@g.us', Uttara: '2@g.us' },
};
const RULES = {
  alertAfter: 1,
  stuckAfter: 2,
  ignoreAfter: 3,
  once: 'meter',
  maxAttempts: 5,
  onlyNocs: [] as string[],
} as const;
const ALL_SEEN = Object.keys(GROUPS.byNocs).map((name) => ({ name, lastSeenAt: day(100) }));

type Known = Parameters<typeof driftOf>[1];

function known(more: Partial<Known> = {}): Known {
  const scan = {
    id: 9,
    startedAt: day(100),
    finishedAt: null,
    source: '',
    channel: '',
    exitCode: 0,
    counts: null,
  };
  return {
    scans: [scan],
    firstScanAt: day(0),
    nocsSeen: ALL_SEEN,
    groupChecks: [],
    toldForEarlierCommand: 0,
    ...more,
  };
}

const seen = (name: string, lastSeenAt = day(100)) =>
  known({ nocsSeen: [...ALL_SEEN, { name, lastSeenAt }] });

describe('offices without a group of their own', () => {
  it.each([
    ['another spelling of a configured name has its group', ' BANANI ', RULES, 0],
    ['a name nobody configured has none', 'Savar', RULES, 1],
    ['nor have rows without an office', '', RULES, 1],
    ['an office that is not in the pilot needs none', 'Savar', { ...RULES, onlyNocs: ['Banani'] }, 0],
    ['one of the pilot does', 'Savar', { ...RULES, onlyNocs: ['savar'] }, 1],
  ])('%s', (_, name, rules, count) => {
    expect(driftOf({ groups: GROUPS, rules }, seen(name)).withoutGroup).toHaveLength(count);
  });

  it('one that was met long ago is forgotten', () => {
    expect(driftOf({ groups: GROUPS, rules: RULES }, seen('Savar', day(69))).withoutGroup).toEqual([]);
  });

  it('it is told where its meters go', () => {
    const { withoutGroup } = driftOf({ groups: { ...GROUPS, default: null }, rules: RULES }, seen(''));
    expect(withoutGroup).toEqual([{ nocsName: null, lastSeenAt: day(100), groupId: null }]);
  });
});

describe('configured names that no scan met for 30 days', () => {
  const notSeen = (more: Partial<Known>) =>
    driftOf({ groups: GROUPS, rules: RULES }, known(more)).notSeen.map(({ nocsName }) => nocsName);
  const motijheel = (lastSeenAt: string) => ({
    nocsSeen: [...ALL_SEEN.filter(({ name }) => name !== 'Motijheel'), { name: 'MOTIJHEEL', lastSeenAt }],
  });

  it.each([
    ['met 29 days before the last scan', motijheel(day(71)), []],
    ['met 31 days before it', motijheel(day(69)), ['Motijheel']],
    ['never met', { nocsSeen: ALL_SEEN.slice(0, 2) }, ['Uttara']],
    ['never met, but scans began less than 30 days ago', { nocsSeen: [], firstScanAt: day(80) }, []],
    ['no scan yet', { nocsSeen: [], scans: [], firstScanAt: null }, []],
  ] as const)('%s', (_, more, names) => {
    expect(notSeen(more)).toEqual(names);
  });
});

describe('groups that can not be posted to', () => {
  const closed = (groupId: string, closedWhy: string | null) =>
    driftOf(
      { groups: GROUPS, rules: RULES },
      known({ groupChecks: [{ groupId, closedWhy, checkedAt: day(99) }] }),
    ).closedGroups;

  it('are told with the offices that lose their messages', () => {
    expect(closed('2@g.us', 'only admins may post')).toEqual([
      {
        groupId: '2@g.us',
        nocsNames: ['Motijheel', 'Uttara'],
        why: 'only admins may post',
        checkedAt: day(99),
      },
    ]);
    expect(closed('default@g.us', 'left')).toMatchObject([{ nocsNames: [] }]);
  });

  it('are not told where they could be posted to, or are no longer in the configuration', () => {
    expect(closed('2@g.us', null)).toEqual([]);
    expect(closed('3@g.us', 'left')).toEqual([]);
  });
});

it('meters told for an earlier command matter under once: meter alone', () => {
  const earlier = known({ toldForEarlierCommand: 3 });
  expect(driftOf({ groups: GROUPS, rules: RULES }, earlier).toldForEarlierCommand).toBe(3);
  const rules = { ...RULES, once: 'command' } as const;
  expect(driftOf({ groups: GROUPS, rules }, earlier).toldForEarlierCommand).toBe(0);
});
