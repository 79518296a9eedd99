import { messageOf, RcError } from '../errors.ts';
import { ExitCode, mostUrgentExitCode } from '../exit-codes.ts';
import type { KeyFamily, NotificationFacts, Outstanding } from '../ledger/port.ts';
import type { ClearingResult } from './apply-clearing.ts';
import type { Collected, InvalidRow } from './collect.ts';
import { emptyReport } from './deliver.ts';
import { outstandingErrors } from './findings.ts';
import type { Judged } from './judge.ts';
import { pilotTest } from './judge-context.ts';
import type { ScanPorts, ScanSettings } from './ports.ts';
import { reportRow } from './report.ts';
import { type Explanation, emptyCounts, type ReportedNotification, type ScanResult } from './result.ts';
import type { Link } from './send-all.ts';

type Shown = Pick<ScanResult, 'notifications' | 'messages'>;

/** What one scan adds up to, so that it can be told at any point, also where the scan breaks off. */
export class Tally {
  readonly counts = emptyCounts();
  readonly errors: RcError[] = [];
  /** Notifications changed in this scan, by id. */
  readonly changed = new Set<number>();
  readonly link: Link = { account: null, version: null };
  readonly report = emptyReport();
  private explanations: readonly Explanation[] = [];
  private readonly overLimit = new Set<string>();
  private invalidRows: readonly InvalidRow[] = [];
  private refused: ScanResult['refused'] = { retrying: 0, givenUp: 0 };
  private readonly ports: ScanPorts;
  private readonly settings: ScanSettings;
  private readonly family: KeyFamily;

  constructor(ports: ScanPorts, settings: ScanSettings, family: KeyFamily) {
    this.ports = ports;
    this.settings = settings;
    this.family = family;
  }

  addRead({ checked, invalid, normal, invalidRows }: Collected): void {
    Object.assign(this.counts, { checked, invalid, normal });
    this.invalidRows = invalidRows;
  }

  addClearing({ cleared, cancelled, changed, unlisted }: ClearingResult): void {
    this.counts.cleared = cleared;
    this.counts.cancelled = cancelled;
    // Told by the source in another way than by a row, and judged like one.
    this.counts.checked += unlisted.length;
    for (const id of changed) this.changed.add(id);
  }

  addJudgement({ counts, explanations }: Judged): void {
    Object.assign(this.counts, counts);
    this.explanations = explanations;
  }

  /** These late commands are told in a later scan: a cap, a limit or the deadline came first. */
  addOverLimit(left: Iterable<NotificationFacts>): void {
    for (const { meter_number, command_id } of left) this.overLimit.add(`${meter_number} ${command_id}`);
  }

  /** Records the end in the ledger. Throws RcError 73. */
  finish(scanId: number): ScanResult {
    const outstanding = this.outstanding();
    this.errors.push(...outstandingErrors(outstanding, this.report.refusedForGood));
    this.addOutstanding(outstanding);
    this.recordEnd(scanId, this.exitCode());
    return this.result(scanId, { notifications: this.notifications(), messages: [] });
  }

  /** The end of a scan that could not go on: as much of it as the ledger still takes. A bug is thrown on. */
  breakOff(scanId: number, thrown: unknown): ScanResult {
    if (thrown instanceof RcError) this.errors.unshift(thrown);
    this.tried(() => {
      this.addOutstanding(this.outstanding());
      this.recordEnd(scanId, thrown instanceof RcError ? this.exitCode() : ExitCode.SOFTWARE);
    });
    if (!(thrown instanceof RcError)) throw thrown;
    const notifications = this.tried(() => this.notifications()) ?? [];
    return this.result(scanId, { notifications, messages: [] });
  }

  /** The end of a scan that wrote nothing; `left` is what would wait if it had. */
  rehearsed(shown: Shown, left: Partial<Outstanding>): ScanResult {
    const outstanding = { ...this.outstanding(), ...left };
    this.errors.push(...outstandingErrors(outstanding, 0));
    this.addOutstanding(outstanding);
    return this.result(null, shown);
  }

  private outstanding(): Outstanding {
    return this.ports.ledger.outstanding(this.family, pilotTest(this.settings.config.rules));
  }

  private addOutstanding({ retrying, givenUp, ...counts }: Outstanding): void {
    Object.assign(this.counts, counts);
    this.refused = { retrying, givenUp };
  }

  private tried<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (thrown) {
      this.ports.log.debug(`The end of the scan could not be recorded whole: ${messageOf(thrown)}`);
      return undefined;
    }
  }

  private recordEnd(scanId: number, exitCode: ExitCode): void {
    this.addReport();
    this.ports.ledger.finishScan(scanId, {
      finishedAt: this.ports.clock.now().toISOString(),
      exitCode,
      counts: JSON.stringify(this.counts),
      account: this.link.account,
      channelVersion: this.link.version,
    });
  }

  private addReport(): void {
    const { sentRows, sentMessages, failedRows, changed } = this.report;
    Object.assign(this.counts, { sent: sentRows, messagesSent: sentMessages, failed: failedRows });
    for (const id of changed) this.changed.add(id);
  }

  private notifications(): ReportedNotification[] {
    const { ledger } = this.ports;
    const shown = new Set([...this.changed, ...ledger.waiting(this.family)]);
    return [...shown].flatMap((id) => {
      const row = ledger.notification(id);
      return row === null ? [] : [reportRow(row)];
    });
  }

  private result(id: number | null, shown: Shown): ScanResult {
    const { startedAt, dryRun } = this.settings;
    const { clock, source } = this.ports;
    this.addReport();
    return {
      scan: {
        id,
        startedAt: startedAt.toISOString(),
        finishedAt: clock.now().toISOString(),
        dryRun,
        source: source.description,
      },
      counts: this.counts,
      refused: this.refused,
      errors: this.errors,
      exitCode: this.exitCode(),
      explanations: this.explanations.map((late) =>
        this.overLimit.has(`${late.meterNumber} ${late.commandId}`)
          ? { ...late, reason: 'over-limit' }
          : late,
      ),
      invalidRows: this.invalidRows,
      positionName: source.positionName,
      ...shown,
    };
  }

  private exitCode(): ExitCode {
    return mostUrgentExitCode(this.errors.map((error) => error.exitCode));
  }
}
