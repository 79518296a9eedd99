import type { Config } from '../config/config.ts';
import { createRouter, foldNocs } from '../config/nocs.ts';
import type { KeyFamily } from '../ledger/port.ts';
import type { Log } from '../terminal/log.ts';
import { isSameCommand } from './identity.ts';
import type { JudgeContext } from './judge.ts';
import type { OpenRows } from './open-rows.ts';
import type { ScanPorts, ScanSettings } from './ports.ts';

type NocsTest = (nocsName: string | null) => boolean;

/** What triage asks of ledger and configuration; `unrouted` fills with the offices that have no group of their own. */
export function judgeContext(
  { ledger, channel, clock }: Pick<ScanPorts, 'ledger' | 'channel' | 'clock'>,
  { config, baseline, explain }: Pick<ScanSettings, 'config' | 'baseline' | 'explain'>,
  family: KeyFamily,
  open: OpenRows,
): { context: JudgeContext; unrouted: ReadonlySet<string> } {
  const now = clock.now().toISOString();
  const mutes = ledger.mutes(now);
  const mutedMeters = new Set(mutes.filter(({ kind }) => kind === 'meter').map(({ name }) => name));
  const isMutedNocs = nocsTest(mutes.filter(({ kind }) => kind === 'nocs').map(({ name }) => name));
  const inPilot = pilotTest(config.rules);
  const route = remembered(createRouter(config.groups));
  const unrouted = new Set<string>();
  const context: JudgeContext = {
    rules: config.rules,
    family,
    channel: channel.name,
    baseline,
    explain,
    now,
    openRowsOf: (meter) => open.of(meter),
    rowsOf: (meter) => ledger.notificationsOfMeter(meter, family),
    wasReleased: (command) =>
      ledger.releasedNotifications(command.meterNumber, family).some((row) => isSameCommand(row, command)),
    isMuted: ({ meterNumber, nocsName }) => mutedMeters.has(meterNumber) || isMutedNocs(nocsName),
    inPilot,
    groupOf: (nocsName) => {
      const { groupId, by } = route(nocsName);
      if (by !== 'nocs' && inPilot(nocsName)) unrouted.add(nocsName ?? '');
      return groupId;
    },
  };
  return { context, unrouted };
}

/** Whether an office takes part in the pilot; without one each does. */
export function pilotTest({ onlyNocs }: Pick<Config['rules'], 'onlyNocs'>): NocsTest {
  return onlyNocs.length === 0 ? () => true : nocsTest(onlyNocs);
}

/** Whether an office is one of these, however it is spelled. */
export function nocsTest(names: readonly string[]): NocsTest {
  const folded = new Set(names.map(foldNocs));
  return remembered((nocsName) => nocsName !== null && folded.has(foldNocs(nocsName)));
}

/** Offices are few, and each is asked about for many commands. */
function remembered<T>(answer: (nocsName: string | null) => T): (nocsName: string | null) => T {
  const known = new Map<string | null, T>();
  return (nocsName) => {
    const before = known.get(nocsName);
    if (before !== undefined) return before;
    const now = answer(nocsName);
    known.set(nocsName, now);
    return now;
  };
}

/** One line for all offices whose meters go to the default group, or wait for want of one. */
export function warnOfUnrouted(log: Log, unrouted: ReadonlySet<string>, defaultGroup: string | null): void {
  if (unrouted.size === 0) return;
  const names = [...unrouted].map((name) => name || '(empty)').join(', ');
  const where = defaultGroup === null ? 'wait' : 'go to the default group';
  log.warn(`No group of its own under groups.byNocs, so late meters ${where}: ${names}.`, {
    code: 'ERR_RC_NO_GROUP',
  });
}

/** An office of `--nocs` that neither the source nor the configuration names is most likely misspelled. */
export function warnOfStrangers(log: Log, onlyNocs: readonly string[], known: readonly string[]): void {
  const isKnown = nocsTest(known);
  for (const name of onlyNocs) {
    if (!isKnown(name)) log.warn(`--nocs ${name} is neither in the source nor under groups.byNocs.`);
  }
}
