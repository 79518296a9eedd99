import { append } from '../collections.ts';
import type { RcCommand } from '../domain.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { KeyFamily } from '../ledger/port.ts';
import { applyClearing } from './apply-clearing.ts';
import { type Collected, collect } from './collect.ts';
import { CLOSING_RESERVE_MS } from './deliver.ts';
import {
  clockRanBack,
  hasNoUsableRow,
  interrupted,
  keyTaken,
  readErrors,
  refuseOtherMachine,
} from './findings.ts';
import { foreseeWaiting } from './foresee.ts';
import { onceSlot } from './identity.ts';
import { type Judged, judge, type Selected } from './judge.ts';
import { judgeContext, nocsTest, pilotTest, warnOfStrangers, warnOfUnrouted } from './judge-context.ts';
import { OpenRows } from './open-rows.ts';
import { noticeOf, planMessages, type Tellable, type Telling } from './plan.ts';
import { familyOf, type ScanPorts, type ScanSettings } from './ports.ts';
import { needsLookup, settleWithoutLookup } from './reconcile.ts';
import { reportOverLimit, reportPlanned, reportWaiting } from './report.ts';
import type { ScanResult } from './result.ts';
import { pacerFor, sendAll } from './send-all.ts';
import { Tally } from './tally.ts';
import { Told } from './told.ts';
import { withDeadline } from './within.ts';

/**
 * One scan: read, triage, claim, send, settle. `stop` ends it early and in order. Expected failures come back in
 * `errors`, with what was done until then; throws RcError only before the scan is recorded, and whatever is a bug.
 */
export async function scan(ports: ScanPorts, settings: ScanSettings, stop: AbortSignal): Promise<ScanResult> {
  return new Scan(ports, settings, stop).run();
}

class Scan {
  private readonly ports: ScanPorts;
  private readonly settings: ScanSettings;
  private readonly stop: AbortSignal;
  private readonly family: KeyFamily;
  private readonly tally: Tally;
  /** The stop came before, or while, it was known what there is to do over the channel. */
  private isCutShort = false;
  /** Nothing was connected to, since the caps allow no message. */
  private isHeldBack = false;

  constructor(ports: ScanPorts, settings: ScanSettings, stop: AbortSignal) {
    this.ports = ports;
    this.settings = settings;
    this.stop = stop;
    this.family = familyOf(ports.channel.name);
    this.tally = new Tally(ports, settings, this.family);
  }

  async run(): Promise<ScanResult> {
    const { ledger } = this.ports;
    refuseOtherMachine(ledger.machine(), this.settings.machineId);
    if (this.settings.dryRun) return this.rehearse();
    const lastScanEnd = ledger.lastScanEnd();
    const scanId = this.begin();
    try {
      await this.work(scanId, lastScanEnd);
      return this.tally.finish(scanId);
    } catch (thrown) {
      return this.tally.breakOff(scanId, thrown);
    }
  }

  private begin(): number {
    const { ledger, source, channel } = this.ports;
    const { machineId, startedAt } = this.settings;
    if (machineId !== null && machineId !== ledger.machine()) ledger.rememberMachine(machineId);
    return ledger.startScan({
      startedAt: startedAt.toISOString(),
      source: source.description,
      channel: channel.name,
      machineId,
    });
  }

  private async work(scanId: number, lastScanEnd: string | null): Promise<void> {
    const { ledger, clock } = this.ports;
    const { config, baseline, configuredSource } = this.settings;
    const ranBack = clockRanBack(lastScanEnd, clock.now());
    const open = new OpenRows(ledger.openNotifications(this.family));
    const collected = await this.read(open);
    if (configuredSource) ledger.recordNocsSeen(collected.nocsSeen, clock.now().toISOString());
    const unlisted = await this.clear(collected, open);
    const late = withUnlisted(collected.late, unlisted, config.rules.once);
    const judged = this.judge({ ...collected, late }, open);
    const tellings = this.claim(judged, scanId);
    if (ranBack) this.warnOfClock();
    else if (!baseline) await this.send(tellings, scanId);
    this.settleLeft(tellings, collected);
    ledger.blankBefore(new Date(clock.now().getTime() - config.state.retention).toISOString());
  }

  private async read(open: OpenRows): Promise<Collected> {
    const { source, clock } = this.ports;
    const { config, onlyNocs, explain } = this.settings;
    const mayKeepBack = config.rules.once === 'meter' && config.rules.onlyNocs.length === 0 && !explain;
    const options = {
      clock,
      timezone: config.source.timezone,
      once: config.rules.once,
      alertAfter: config.rules.alertAfter,
      now: clock.now(),
      open,
      told: new Told(mayKeepBack ? open : null, config.rules),
      takesPart: onlyNocs === null ? () => true : nocsTest(onlyNocs),
    };
    const collected = await this.withinDeadline((signal) => collect(source, options, signal));
    this.tally.addRead(collected);
    this.tally.errors.push(...readErrors(collected, this.stop.aborted));
    if (collected.failure === null) {
      warnOfStrangers(this.ports.log, onlyNocs ?? [], [
        ...collected.nocsSeen,
        ...Object.keys(config.groups.byNocs),
      ]);
    }
    return collected;
  }

  /** Returns the commands the source lists no more, still to be told. */
  private async clear(collected: Collected, open: OpenRows): Promise<readonly RcCommand[]> {
    if (!this.isWhole(collected)) return [];
    if (collected.damaged) {
      this.ports.log.warn('Some rows are damaged, so no command is taken for ended in this scan.');
      return [];
    }
    const result = await this.withinDeadline((signal) =>
      applyClearing(
        this.ports,
        this.settings,
        open.table,
        collected.sightings,
        this.ports.clock.now(),
        signal,
      ),
    );
    this.tally.addClearing(result);
    if (result.failure !== null) {
      if (this.stop.aborted) this.isCutShort = true;
      else this.tally.errors.push(result.failure);
    }
    return result.unlisted;
  }

  /** Whether what a read does not list may have ended. */
  private isWhole(collected: Collected): boolean {
    const { configuredSource, onlyNocs, limit } = this.settings;
    const isWhole = configuredSource && onlyNocs === null && limit === null && collected.failure === null;
    return isWhole && !hasNoUsableRow(collected) && !this.stop.aborted;
  }

  private judge(collected: Collected, open: OpenRows): Judged {
    const { context, unrouted } = judgeContext(this.ports, this.settings, this.family, open);
    const judged = judge(collected, context);
    warnOfUnrouted(this.ports.log, unrouted, this.settings.config.groups.default);
    this.tally.addJudgement(judged);
    return judged;
  }

  private claim(judged: Judged, scanId: number): Telling[] {
    const { ledger, clock } = this.ports;
    const { counts, changed, errors } = this.tally;
    const claimed = ledger.applyChanges(judged.changes, scanId, clock.now().toISOString());
    counts.cancelled += judged.changes.cancelled.length;
    for (const { id } of judged.changes.cancelled) changed.add(id);
    const tellings: Telling[] = [];
    for (const selected of judged.selected) {
      const row = selected.row ?? claimed.get(selected.key);
      if (row?.meter_number !== selected.command.meterNumber) {
        errors.push(keyTaken(selected.command.meterNumber, selected.key));
        continue;
      }
      changed.add(row.id);
      if (selected.action === 'wait' || this.settings.baseline) continue;
      tellings.push(...tellableOf(selected).map((tellable) => ({ ...tellable, row, note: null })));
    }
    return tellings;
  }

  private async send(tellings: readonly Telling[], scanId: number): Promise<void> {
    const { ledger, channel, clock } = this.ports;
    const now = clock.now();
    const unsettled = ledger.unsettledMessages(channel.name);
    settleWithoutLookup(ledger, unsettled, now.toISOString());
    const isCapped = pacerFor(this.ports, this.settings).remaining(now) === 0;
    const hasToSend = tellings.length > 0 && !isCapped;
    const worthConnecting = hasToSend || needsLookup(unsettled, now) || this.linkNeedsUse(now);
    this.isCutShort ||= worthConnecting && this.stop.aborted;
    this.isHeldBack = !worthConnecting && isCapped;
    if (!worthConnecting || this.isCutShort) return;
    const { stop } = this;
    const { link, report, errors } = this.tally;
    try {
      await this.withinDeadline(
        (signal) =>
          sendAll(this.ports, this.settings, { scanId, tellings, unsettled, signal, stop, link }, report),
        CLOSING_RESERVE_MS,
      );
    } catch (thrown) {
      if (!(thrown instanceof RcError) || thrown.exitCode === ExitCode.CANTCREAT) throw thrown;
      this.isCutShort = stop.aborted;
      if (!stop.aborted) errors.push(thrown);
    }
    if (report.sick !== null) errors.push(report.sick);
  }

  private linkNeedsUse(now: Date): boolean {
    const { ledger, channel } = this.ports;
    const link = ledger.link(channel.name);
    if (channel.keepAliveMs === null || link === null) return false;
    return now.getTime() - Date.parse(link.lastConnectedAt) > channel.keepAliveMs;
  }

  private warnOfClock(): void {
    this.ports.log.warn(
      "This host's clock is more than 5 minutes before the last scan's end: nothing is sent in this scan. Set the clock right; the next scan takes it as it is.",
      { code: 'ERR_RC_CLOCK_RAN_BACK' },
    );
  }

  private settleLeft(tellings: readonly Telling[], collected: Collected): void {
    const { ledger, clock } = this.ports;
    const { report, errors } = this.tally;
    if (this.stop.aborted) {
      const left = tellings.filter(({ row }) => !report.handed.has(row.id)).length;
      const isUnfinished = this.isCutShort || report.left.length > 0 || collected.failure !== null;
      if (left > 0 || isUnfinished) errors.push(interrupted(left));
    } else if (report.sick === null) {
      const unsent = report.left.flatMap((job) => job.notificationIds);
      const ids = new Set(this.isHeldBack ? tellings.map(({ row }) => row.id) : unsent);
      ledger.postpone([...ids], 'over-limit', clock.now().toISOString());
      this.tally.addOverLimit(tellings.filter(({ row }) => ids.has(row.id)).map(({ facts }) => facts));
    }
  }

  private async rehearse(): Promise<ScanResult> {
    const { ledger, composer, clock } = this.ports;
    const open = new OpenRows(ledger.openNotifications(this.family));
    const collected = await this.read(open);
    const judged = this.judge(collected, open);
    const { selected } = judged;
    const tellable = selected.filter(({ action }) => action === 'tell').flatMap(tellableOf);
    const { digestAbove } = this.settings.config.pace;
    const planned = planMessages(tellable, composer, digestAbove, clock.now());
    const allowed = pacerFor(this.ports, this.settings).remaining(clock.now());
    const now = planned.slice(0, allowed);
    const later = planned.slice(allowed).flatMap(({ tellings }) => tellings.map(({ facts }) => facts));
    this.tally.addOverLimit(later);
    const told = new Set(now.flatMap(({ tellings }) => tellings.map(({ facts }) => facts)));
    const isWhole = this.isWhole(collected) && !collected.damaged;
    const inPilot = pilotTest(this.settings.config.rules);
    return this.tally.rehearsed(
      {
        notifications: [...reportPlanned(now), ...reportOverLimit(later), ...reportWaiting(selected)],
        messages: now.map(({ groupId, text }) => ({ groupId, text })),
      },
      foreseeWaiting(ledger, this.family, judged, { told, isWhole, inPilot }),
    );
  }

  /** `reserveMs`: what must be left of the deadline when the step is over. */
  private withinDeadline<T>(step: (signal: AbortSignal) => Promise<T>, reserveMs = 0): Promise<T> {
    const { startedAt, config } = this.settings;
    const deadlineAt = startedAt.getTime() + config.pace.deadline - reserveMs;
    return withDeadline(this.ports.clock, deadlineAt, this.stop, step);
  }
}

function tellableOf(selected: Selected): Tellable[] {
  const { facts, command } = selected;
  if (facts.group_id === null) return [];
  return [{ facts, notice: noticeOf(facts), groupId: facts.group_id, ageMs: command.ageMs }];
}

/** What the source no longer lists although nobody got light is judged like any other late command. */
function withUnlisted(
  late: Collected['late'],
  unlisted: readonly RcCommand[],
  once: ScanSettings['config']['rules']['once'],
): Collected['late'] {
  if (unlisted.length === 0) return late;
  const all = new Map([...late].map(([slot, commands]) => [slot, [...commands]]));
  for (const command of unlisted) append(all, onceSlot(once, command), command);
  return all;
}
