import { append } from '../collections.ts';
import type { RcCommand } from '../domain.ts';
import { RcError } from '../errors.ts';
import { ExitCode, mostUrgentExitCode } from '../exit-codes.ts';
import type { KeyFamily, NotificationRow } from '../ledger/port.ts';
import { applyClearing, type ClearingResult } from './apply-clearing.ts';
import { type Collected, collect } from './collect.ts';
import { CLOSING_RESERVE_MS, type DeliveryReport, emptyReport } from './deliver.ts';
import {
  clockRanBack,
  hasNoUsableRow,
  interrupted,
  outstandingErrors,
  readErrors,
  refuseOtherMachine,
} from './findings.ts';
import { onceSlot } from './identity.ts';
import { type Judged, judge, type Selected } from './judge.ts';
import { judgeContext, nocsTest, warnOfUnrouted } from './judge-context.ts';
import { noticeOf, planMessages, type Tellable, type Telling } from './plan.ts';
import { familyOf, type ScanPorts, type ScanSettings } from './ports.ts';
import { needsLookup, settleWithoutLookup } from './reconcile.ts';
import { reportPlanned, reportRow, reportWaiting } from './report.ts';
import { emptyCounts, type ScanCounts, type ScanResult } from './result.ts';
import { type Link, sendAll } from './send-all.ts';
import { withDeadline } from './within.ts';

/**
 * One scan: read, triage, claim, send, settle. `stop` ends it early and in order. Expected failures come back in
 * `errors`; throws RcError only before anything was read, and whatever is a bug.
 */
export async function scan(ports: ScanPorts, settings: ScanSettings, stop: AbortSignal): Promise<ScanResult> {
  return new Scan(ports, settings, stop).run();
}

class Scan {
  private readonly ports: ScanPorts;
  private readonly settings: ScanSettings;
  private readonly stop: AbortSignal;
  private readonly family: KeyFamily;
  private readonly counts: ScanCounts = emptyCounts();
  private readonly errors: RcError[] = [];
  private readonly changed = new Set<number>();
  private readonly link: Link = { account: null, version: null };
  /** The stop came before, or while, it was known what there is to do over the channel. */
  private isCutShort = false;

  constructor(ports: ScanPorts, settings: ScanSettings, stop: AbortSignal) {
    this.ports = ports;
    this.settings = settings;
    this.stop = stop;
    this.family = familyOf(ports.channel.name);
  }

  async run(): Promise<ScanResult> {
    const { ledger, clock } = this.ports;
    const { machineId, dryRun } = this.settings;
    refuseOtherMachine(ledger.machine(), machineId);
    const ranBack = clockRanBack(ledger.lastScanEnd(), clock.now());
    const scanId = dryRun ? null : this.begin();

    const open = ledger.openNotifications(this.family);
    const collected = await this.read(open);
    this.errors.push(...readErrors(collected, this.stop.aborted));
    if (scanId === null) return this.rehearse(collected, this.judge(collected, open));

    const clearing = await this.clear(collected, open);
    const judged = this.judge(withDiscarded(collected, clearing?.discarded ?? [], this.settings), open);
    const tellings = this.claim(judged, scanId);
    const report = emptyReport();
    if (ranBack) this.warnOfClock();
    else if (!this.settings.baseline) await this.send(tellings, scanId, report);
    this.settleLeft(tellings, collected, report);
    return this.finish(scanId, collected, judged, report);
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

  private async read(open: readonly NotificationRow[]): Promise<Collected> {
    const { source, clock } = this.ports;
    const { config, onlyNocs } = this.settings;
    return this.withinDeadline((signal) =>
      collect(
        source,
        {
          timezone: config.source.timezone,
          once: config.rules.once,
          alertAfter: config.rules.alertAfter,
          now: clock.now(),
          openMeters: new Set(open.map((row) => row.meter_number)),
          takesPart: onlyNocs === null ? () => true : nocsTest(onlyNocs),
        },
        signal,
      ),
    );
  }

  private async clear(
    collected: Collected,
    open: readonly NotificationRow[],
  ): Promise<ClearingResult | null> {
    const { configuredSource, onlyNocs, limit } = this.settings;
    const isWhole = configuredSource && onlyNocs === null && limit === null;
    if (!isWhole || collected.failure !== null || hasNoUsableRow(collected) || this.stop.aborted) return null;
    if (collected.damaged) {
      this.ports.log.warn('Some rows are damaged, so no command is taken for ended in this scan.');
      return null;
    }
    const result = await this.withinDeadline((signal) =>
      applyClearing(this.ports, this.settings, open, collected.sightings, this.ports.clock.now(), signal),
    );
    this.counts.cleared = result.cleared;
    this.counts.cancelled = result.cancelled;
    for (const id of result.changed) this.changed.add(id);
    return result;
  }

  private judge(collected: Pick<Collected, 'late'>, open: readonly NotificationRow[]): Judged {
    const { context, unrouted } = judgeContext(this.ports, this.settings, this.family, open);
    const judged = judge(collected.late, context);
    warnOfUnrouted(this.ports.log, unrouted, this.settings.config.groups.default);
    return judged;
  }

  private claim(judged: Judged, scanId: number): Telling[] {
    const { ledger, clock, log } = this.ports;
    const claimed = ledger.applyChanges(judged.changes, scanId, clock.now().toISOString());
    this.counts.cancelled += judged.changes.cancelled.length;
    for (const { id } of judged.changes.cancelled) this.changed.add(id);
    const tellings: Telling[] = [];
    for (const selected of judged.selected) {
      const row = selected.row ?? claimed.get(selected.key);
      if (row === undefined) {
        log.warn(
          `Meter ${selected.command.meterNumber} is late, but another notification holds ${selected.key}.`,
        );
        continue;
      }
      this.changed.add(row.id);
      if (selected.action === 'wait' || this.settings.baseline) continue;
      tellings.push(...tellableOf(selected).map((tellable) => ({ ...tellable, row, note: null })));
    }
    return tellings;
  }

  private async send(tellings: readonly Telling[], scanId: number, report: DeliveryReport): Promise<void> {
    const { ledger, channel, clock } = this.ports;
    const now = clock.now();
    const unsettled = ledger.unsettledMessages(channel.name);
    settleWithoutLookup(ledger, unsettled, now.toISOString());
    const worthConnecting = tellings.length > 0 || needsLookup(unsettled, now) || this.linkNeedsUse(now);
    this.isCutShort = worthConnecting && this.stop.aborted;
    if (!worthConnecting || this.isCutShort) return;
    const { stop, link } = this;
    try {
      await this.withinDeadline(
        (signal) =>
          sendAll(this.ports, this.settings, { scanId, tellings, unsettled, signal, stop, link }, report),
        CLOSING_RESERVE_MS,
      );
    } catch (thrown) {
      if (!(thrown instanceof RcError)) throw thrown;
      if (thrown.exitCode === ExitCode.CANTCREAT) throw thrown;
      this.isCutShort = stop.aborted;
      if (!stop.aborted) this.errors.push(thrown);
    }
    if (report.sick !== null) this.errors.push(report.sick);
  }

  private linkNeedsUse(now: Date): boolean {
    const { ledger, channel } = this.ports;
    const link = ledger.link(channel.name);
    if (channel.keepAliveMs === null || link === null) return false;
    return now.getTime() - Date.parse(link.lastConnectedAt) > channel.keepAliveMs;
  }

  private warnOfClock(): void {
    this.ports.log.warn(
      "This host's clock is more than 5 minutes before the last scan's end: nothing is sent in this scan.",
      { code: 'ERR_RC_CLOCK_RAN_BACK' },
    );
  }

  private settleLeft(tellings: readonly Telling[], collected: Collected, report: DeliveryReport): void {
    const { ledger, clock } = this.ports;
    for (const id of report.changed) this.changed.add(id);
    if (this.stop.aborted) {
      const left = tellings.filter(({ row }) => !report.handed.has(row.id)).length;
      const isUnfinished = this.isCutShort || report.left.length > 0 || collected.failure !== null;
      if (left > 0 || isUnfinished) this.errors.push(interrupted(left));
    } else if (report.sick === null) {
      const ids = report.left.flatMap((job) => job.notificationIds);
      ledger.postpone(ids, 'over-limit', clock.now().toISOString());
    }
  }

  private finish(scanId: number, collected: Collected, judged: Judged, report: DeliveryReport): ScanResult {
    const { ledger, clock } = this.ports;
    const now = clock.now();
    const { retention } = this.settings.config.state;
    ledger.blankBefore(new Date(now.getTime() - retention).toISOString());
    const outstanding = ledger.outstanding(this.family);
    this.errors.push(...outstandingErrors(outstanding, report.refusedForGood));
    this.countAll(collected, judged, report);
    Object.assign(this.counts, outstanding);
    const exitCode = this.exitCode();
    ledger.finishScan(scanId, {
      finishedAt: now.toISOString(),
      exitCode,
      counts: JSON.stringify(this.counts),
      account: this.link.account,
      channelVersion: this.link.version,
    });
    const shown = new Set([...this.changed, ...ledger.waiting(this.family)]);
    const notifications = [...shown].flatMap((id) => {
      const row = ledger.notification(id);
      return row === null ? [] : [reportRow(row)];
    });
    return { ...this.result(scanId, collected, judged), notifications, messages: [] };
  }

  private rehearse(collected: Collected, judged: Judged): ScanResult {
    const { ledger, composer, clock } = this.ports;
    this.countAll(collected, judged, emptyReport());
    Object.assign(this.counts, ledger.outstanding(this.family));
    const tellable = judged.selected.filter(({ action }) => action === 'tell').flatMap(tellableOf);
    const { digestAbove } = this.settings.config.pace;
    const planned = planMessages(tellable, composer, digestAbove, clock.now());
    return {
      ...this.result(null, collected, judged),
      notifications: [...reportPlanned(planned), ...reportWaiting(judged.selected)],
      messages: planned.map(({ groupId, text }) => ({ groupId, text })),
    };
  }

  private countAll(collected: Collected, judged: Judged, report: DeliveryReport): void {
    const { checked, invalid, normal } = collected;
    Object.assign(this.counts, judged.counts, { checked, invalid, normal });
    this.counts.sent = report.sentRows;
    this.counts.messagesSent = report.sentMessages;
    this.counts.failed = report.failedRows;
  }

  private result(
    id: number | null,
    collected: Collected,
    judged: Judged,
  ): Omit<ScanResult, 'notifications' | 'messages'> {
    const { startedAt, dryRun } = this.settings;
    return {
      scan: {
        id,
        startedAt: startedAt.toISOString(),
        finishedAt: this.ports.clock.now().toISOString(),
        dryRun,
        source: this.ports.source.description,
      },
      counts: this.counts,
      errors: this.errors,
      exitCode: this.exitCode(),
      explanations: judged.explanations,
      invalidRows: collected.invalidRows,
      positionName: this.ports.source.positionName,
    };
  }

  private exitCode(): ExitCode {
    return mostUrgentExitCode(this.errors.map((error) => error.exitCode));
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
function withDiscarded(
  collected: Collected,
  discarded: readonly RcCommand[],
  settings: ScanSettings,
): Pick<Collected, 'late'> {
  if (discarded.length === 0) return collected;
  const late = new Map([...collected.late].map(([slot, commands]) => [slot, [...commands]]));
  for (const command of discarded) append(late, onceSlot(settings.config.rules.once, command), command);
  return { late };
}
