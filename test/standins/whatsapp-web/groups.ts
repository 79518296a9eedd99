import type { Group } from './types.ts';

const OLD = '8801712345678-1609459200@g.us';
const NEW = '120363040000000001@g.us';

/** A group this account may post to, unless told otherwise. */
export function group(id: string, name: string, rest: Partial<Group> = {}): Group {
  return {
    id,
    name,
    participants: 12,
    member: true,
    admin: false,
    announce: false,
    suspended: false,
    terminated: false,
    community: false,
    lid: false,
    archived: false,
    broken: false,
    ...rest,
  };
}

/** One of each kind. */
export function groupsOfEveryKind(): Group[] {
  return [
    group(OLD, 'Banani NOCS'),
    group(NEW, 'আদাবর এনওসিএস', { participants: 31 }),
    group('120363040000000002@g.us', 'Lalbagh NOCS (lid)', { lid: true }),
    group('120363040000000003@g.us', 'DPDC notices', { announce: true }),
    group('120363040000000004@g.us', 'ঘোষণা', { announce: true, admin: true }),
    group('120363040000000005@g.us', 'Old team', { member: false }),
    group('120363040000000006@g.us', 'Suspended', { suspended: true }),
    group('120363040000000007@g.us', 'Terminated', { terminated: true }),
    group('120363040000000008@g.us', 'DPDC community', { community: true, admin: true }),
    group('120363040000000009@g.us', 'Archived', { archived: true }),
    group('120363040000000010@g.us', 'Broken', { broken: true }),
  ];
}

/** `count` groups this account may post to, with ids of both forms and names in English and Bengali. */
export function manyGroups(count: number): Group[] {
  return Array.from({ length: count }, (_, n) => {
    const id =
      n % 2 === 0
        ? `88017${20_000_000 + n}-16094592${10 + (n % 90)}@g.us`
        : `1203630500000${10_000 + n}@g.us`;
    return group(id, n % 3 === 0 ? `দপ্তর ${n + 1}` : `Office ${n + 1}`, { participants: 2 + (n % 60) });
  });
}
