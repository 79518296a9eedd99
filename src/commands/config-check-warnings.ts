import type { Config } from '../config/config.ts';
import { formatDuration } from '../duration.ts';
import type { SourceField, Survey } from '../source/port.ts';
import { wallClock } from '../time/zone.ts';

const MINUTE = 60_000;
/** What no clock is wrong by, but a time zone is. */
const ZONE_STEP = 15 * MINUTE;
const UNITS = [
  { name: 'd', next: 'h', ms: 1440 * MINUTE, nextMs: 60 * MINUTE },
  { name: 'h', next: 'min', ms: 60 * MINUTE, nextMs: MINUTE },
  { name: 'min', next: 's', ms: MINUTE, nextMs: 1000 },
];

/** Clocks, zones and a slow query that will do harm to scans; `fields` are those the source has. */
export function surveyWarnings(
  description: string,
  { clock, wholeRead }: Partial<Survey>,
  fields: ReadonlySet<SourceField>,
  { source: { timezone, oracle } }: Config,
): string[] {
  const warnings: string[] = [];
  if (clock !== undefined && Math.abs(clock.aheadMs) > MINUTE + clock.roundTripMs / 2) {
    const effect = fields.has('elapsedSeconds')
      ? 'Ages come by the database (ELAPSED_SECONDS), so no meter is late or early by it, but messages tell the time of this host'
      : 'Ages are counted by the clock of this host (there is no ELAPSED_SECONDS), so meters are late or early by it';
    warnings.push(
      `The clock of ${description} is ${difference(clock.aheadMs)} this host's. ${effect}: set the one that is wrong (timedatectl).`,
    );
  }
  const zoneMs = clock === undefined ? 0 : aheadOfZone(clock.time, timezone);
  if (Math.abs(zoneMs) >= ZONE_STEP) {
    warnings.push(
      `The wall clock of ${description} is ${difference(zoneMs)} that of source.timezone (${timezone}): where a query subtracts times of that zone from SYSDATE, each age is wrong by as much. Compare the ages of: rc-notify scan --dry-run --explain`,
    );
  }
  if (wholeRead !== undefined && wholeRead.ms > oracle.callTimeout / 2) {
    warnings.push(
      `The read took ${showSpan(wholeRead.ms)} of the ${formatDuration(oracle.callTimeout)} that source.oracle.callTimeout allows. Have the DBA look at the query's plan, or raise it, before scans fail.`,
    );
  }
  return warnings;
}

/** `3.2 s ahead of`, `4 min 10 s behind`. */
export function difference(aheadMs: number): string {
  return `${showSpan(Math.abs(aheadMs))} ${aheadMs < 0 ? 'behind' : 'ahead of'}`;
}

/** `120 ms`, `3.2 s`, `4 min 10 s`, `6 h 0 min`. */
export function showSpan(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  const unit = UNITS.find((candidate) => ms >= candidate.ms);
  if (unit === undefined) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const rest = Math.floor((ms % unit.ms) / unit.nextMs);
  return `${Math.floor(ms / unit.ms)} ${unit.name} ${rest} ${unit.next}`;
}

/** Milliseconds that a wall clock with an offset shows more than one in `timezone` does at that instant. */
function aheadOfZone(time: string, timezone: string): number {
  const at = wallClock(Date.parse(time), timezone);
  const there = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
  return Math.trunc((Date.parse(`${time.slice(0, 19)}Z`) - there) / 1000) * 1000;
}
