import type { Config } from '../config/config.ts';
import { createRouter, foldNocs } from '../config/nocs.ts';
import type { Overview } from '../ledger/overview.ts';

/** Where the configuration and what scans see have come apart. Times are UTC, ISO 8601. */
export interface Drift {
  /** Offices of the source that have no group of their own. */
  readonly withoutGroup: readonly UnroutedNocs[];
  /** Names under groups.byNocs that no scan met for 30 days: misspelled, renamed or closed. */
  readonly notSeen: readonly { readonly nocsName: string; readonly lastSeenAt: string | null }[];
  /** Groups of the configuration that could not be posted to when they were last looked at. */
  readonly closedGroups: readonly ClosedGroup[];
  /** Meters late again within 30 days that `once: meter` does not tell; 0 under another rule. */
  readonly toldForEarlierCommand: number;
}

export interface UnroutedNocs {
  /** Null = rows without one. */
  readonly nocsName: string | null;
  readonly lastSeenAt: string;
  /** The default group, where its meters are told; null = they wait. */
  readonly groupId: string | null;
}

export interface ClosedGroup {
  readonly groupId: string;
  /** The offices told there; empty = the default group. */
  readonly nocsNames: readonly string[];
  readonly why: string;
  readonly checkedAt: string;
}

type Known = Pick<Overview, 'scans' | 'firstScanAt' | 'nocsSeen' | 'groupChecks' | 'toldForEarlierCommand'>;

const DAY_MS = 24 * 60 * 60 * 1000;
const FORGOTTEN_MS = 30 * DAY_MS;

/** Compares the routes of the configuration with what scans have met. */
export function driftOf({ groups, rules }: Pick<Config, 'groups' | 'rules'>, known: Known): Drift {
  // Counted from the last scan: where none ran for a month, no office is to blame.
  const lastScan = known.scans[0]?.startedAt;
  const since = lastScan === undefined ? null : new Date(Date.parse(lastScan) - FORGOTTEN_MS).toISOString();
  return {
    withoutGroup: since === null ? [] : withoutGroup(groups, rules.onlyNocs, known, since),
    notSeen: since === null || !isLongEnough(known, since) ? [] : notSeen(groups, known, since),
    closedGroups: closedGroups(groups, known),
    toldForEarlierCommand: rules.once === 'meter' ? known.toldForEarlierCommand : 0,
  };
}

function isLongEnough({ firstScanAt }: Known, since: string): boolean {
  return firstScanAt !== null && firstScanAt <= since;
}

function withoutGroup(
  groups: Config['groups'],
  pilot: readonly string[],
  { nocsSeen }: Known,
  since: string,
): UnroutedNocs[] {
  const route = createRouter(groups);
  const inPilot = new Set(pilot.map(foldNocs));
  return nocsSeen
    .filter(({ name, lastSeenAt }) => {
      const takesPart = inPilot.size === 0 || inPilot.has(foldNocs(name));
      return takesPart && lastSeenAt > since && route(name).by !== 'nocs';
    })
    .map(({ name, lastSeenAt }) => ({ nocsName: name || null, lastSeenAt, groupId: groups.default }));
}

function notSeen({ byNocs }: Config['groups'], { nocsSeen }: Known, since: string): Drift['notSeen'] {
  const lastSeen = new Map<string, string>();
  for (const { name, lastSeenAt } of nocsSeen) {
    const folded = foldNocs(name);
    if (lastSeenAt > (lastSeen.get(folded) ?? '')) lastSeen.set(folded, lastSeenAt);
  }
  return Object.keys(byNocs)
    .map((nocsName) => ({ nocsName, lastSeenAt: lastSeen.get(foldNocs(nocsName)) ?? null }))
    .filter(({ lastSeenAt }) => lastSeenAt === null || lastSeenAt <= since);
}

function closedGroups(
  { byNocs, default: defaultGroup }: Config['groups'],
  { groupChecks }: Known,
): ClosedGroup[] {
  return groupChecks.flatMap(({ groupId, closedWhy: why, checkedAt }) => {
    const nocsNames = Object.keys(byNocs).filter((name) => byNocs[name] === groupId);
    const isUsed = nocsNames.length > 0 || groupId === defaultGroup;
    return why === null || !isUsed ? [] : [{ groupId, nocsNames, why, checkedAt }];
  });
}
