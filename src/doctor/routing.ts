import { nocsInWords } from '../config/nocs.ts';
import type { ClosedGroup, Drift, UnroutedNocs } from '../health/drift.ts';
import { showTime } from '../time/show.ts';
import { type Finding, ok, warning } from './finding.ts';

const NAME = 'routing';
const MOST_TOLD = 8;

/** Where routes and the source have come apart. */
export function checkRouting(drift: Drift, timezone: string): Finding[] {
  const findings = [
    ...few(drift.withoutGroup, withoutGroup),
    ...few(drift.notSeen, ({ nocsName, lastSeenAt }) => notSeen(nocsName, lastSeenAt, timezone)),
    ...few(drift.closedGroups, (group) => closedGroup(group, timezone)),
    ...toldEarlier(drift.toldForEarlierCommand),
  ];
  return findings.length > 0 ? findings : [ok(NAME, 'every office that scans met has its group')];
}

/** Where it is nearly all of them the configuration is wrong as a whole, and the first few say so. */
function few<T>(drifted: readonly T[], tell: (one: T) => Finding): Finding[] {
  const told = drifted.slice(0, MOST_TOLD).map(tell);
  const rest = drifted.length - told.length;
  return rest === 0
    ? told
    : [...told, warning(NAME, `${rest} more like it.`, 'All of them: rc-notify status --json')];
}

function withoutGroup({ nocsName, groupId }: UnroutedNocs): Finding {
  const mend = 'Add it under groups.byNocs: rc-notify groups --format yaml';
  if (nocsName === null) {
    const where = groupId === null ? 'their late meters wait' : 'they are told in the default group';
    return warning(
      NAME,
      `Rows without a NOCS have no group of their own: ${where}.`,
      'Mend the source, or its query',
    );
  }
  const where = groupId === null ? 'its late meters wait' : 'it is told in the default group';
  return warning(NAME, `${nocsInWords(nocsName)} has no group of its own: ${where}.`, mend);
}

function notSeen(nocsName: string, lastSeenAt: string | null, timezone: string): Finding {
  const since = lastSeenAt === null ? 'was never seen' : `was last seen ${showTime(lastSeenAt, timezone)}`;
  const detail = `${nocsInWords(nocsName)} of groups.byNocs ${since}: renamed, or misspelled?`;
  return warning(NAME, detail, 'rc-notify config check shows the names of the source');
}

function closedGroup({ groupId, nocsNames, why, checkedAt }: ClosedGroup, timezone: string): Finding {
  const who = nocsNames.length === 0 ? 'the default group' : nocsNames.join(', ');
  const detail = `Group ${groupId} (${who}) could not be posted to on ${showTime(checkedAt, timezone)}: ${why}.`;
  return warning(NAME, detail, 'Mend it on the phone; rc-notify doctor --connect looks again');
}

function toldEarlier(meters: number): Finding[] {
  if (meters === 0) return [];
  const [who, them] = meters === 1 ? ['1 meter was', 'it'] : [`${meters} meters were`, 'them'];
  const detail = `${who} late again within 30 days and not told, since once: meter told ${them} for an earlier command.`;
  return [
    warning(
      NAME,
      detail,
      'Release what was mended (rc-notify reset --before 30d), or set rules.once: command',
    ),
  ];
}
