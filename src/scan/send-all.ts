import type { Connection, GroupCheck } from '../channel/port.ts';
import { groupBy } from '../collections.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { UnsettledMessage } from '../ledger/port.ts';
import { type DeliveryPorts, type DeliveryReport, deliver, type Job } from './deliver.ts';
import { newMessageId } from './message-id.ts';
import { Pacer } from './pace.ts';
import { type PlannedMessage, planMessages, type Telling } from './plan.ts';
import type { ScanPorts, ScanSettings } from './ports.ts';
import { reconcile } from './reconcile.ts';
import { orGiveUp, orGiveUpAfter, outOfTime } from './within.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The whole close, Chromium's included, is given so long. */
const CLOSE_WITHIN_MS = 20_000;

export interface SendRequest {
  readonly scanId: number;
  readonly tellings: readonly Telling[];
  readonly unsettled: readonly UnsettledMessage[];
  /** Aborted by `stop` and at the deadline. */
  readonly signal: AbortSignal;
  readonly stop: AbortSignal;
  readonly link: Link;
}

/** What the connection turned out to be, for the scan's record. */
export interface Link {
  account: string | null;
  version: string | null;
}

/** Connects, settles what earlier scans left open, sends, and closes whatever happens. Throws RcError where it can not connect. */
export async function sendAll(
  ports: ScanPorts,
  settings: ScanSettings,
  request: SendRequest,
  report: DeliveryReport,
): Promise<void> {
  const { signal, link } = request;
  if (signal.aborted) throw outOfTime('What came before the sending');
  const patience = { clock: ports.clock, graceMs: CLOSE_WITHIN_MS };
  const connecting = ports.channel.connect(signal);
  const connection = await orGiveUpAfter(patience, connecting, signal, 'Connecting', (late) => {
    late.close().catch(() => {});
  });
  try {
    link.account = connection.account;
    link.version = connection.version;
    refuseOtherAccount(ports, connection);
    const connectedAt = ports.clock.now().toISOString();
    ports.ledger.recordConnection(ports.channel.name, connection.account, connectedAt);
    await sendOver(connection, ports, settings, request, report);
  } finally {
    ports.progress.clear();
    await closeInTime(connection, ports);
  }
}

/** Throws RcError 77 where the ledger knows another account than the connection's. */
export function refuseOtherAccount(
  { ledger, channel }: Pick<ScanPorts, 'ledger' | 'channel'>,
  { account }: Connection,
): void {
  const known = ledger.link(channel.name)?.account ?? null;
  if (known === null || account === null || known === account) return;
  throw new RcError({
    code: 'ERR_RC_OTHER_ACCOUNT',
    message: `The profile is linked to ${account}, the last scan sent as ${known}; nothing was sent, everything due waits.`,
    hint: 'Link the right number again, or accept this one: rc-notify login --replace',
    exitCode: ExitCode.NOPERM,
  });
}

async function sendOver(
  connection: Connection,
  ports: ScanPorts,
  settings: ScanSettings,
  { scanId, tellings, unsettled, signal, stop }: SendRequest,
  report: DeliveryReport,
): Promise<void> {
  const { ledger, clock } = ports;
  const { config, startedAt } = settings;
  const { ackTimeout } = config.whatsapp;
  const reconciling = { ledger, connection, clock, log: ports.log, lookupTimeout: ackTimeout };
  const resends = await reconcile(reconciling, unsettled, signal, report);

  const postable = await routeAroundClosedGroups(tellings, connection, ports, config.groups.default, signal);
  for (const { row } of tellings) report.changed.add(row.id);
  const planned = planMessages(postable, ports.composer, config.pace.digestAbove, clock.now());
  const pacer = pacerFor(ports, settings);
  const deadlineAt = startedAt.getTime() + config.pace.deadline;
  const delivery = {
    ledger,
    connection,
    clock,
    pacer,
    stop,
    signal,
    deadlineAt,
    ackTimeout,
    maxAttempts: config.rules.maxAttempts,
    heedsRefusals: true,
    onProgress: progressReporter(ports, config.pace),
  };
  await deliver(resends, delivery, report);
  const jobs = planned.map((message) => newJob(message, ports, connection, scanId));
  await deliver(jobs, delivery, report);
}

/** The caps and gaps of this scan, with what earlier scans handed over. */
export function pacerFor(ports: ScanPorts, { config, limit }: ScanSettings): Pacer {
  return new Pacer(config.pace, earlierHandovers(ports), ports.random, limit);
}

/** What was handed over in the last 24 hours: what a pacer starts from. */
export function earlierHandovers({
  ledger,
  channel,
  clock,
}: Pick<ScanPorts, 'ledger' | 'channel' | 'clock'>): { groupId: string; at: number }[] {
  const now = clock.now().getTime();
  return ledger
    .handoversSince(channel.name, new Date(now - DAY_MS).toISOString())
    .map(({ groupId, at }) => ({ groupId, at: Date.parse(at) }))
    .filter(({ at }) => at <= now);
}

/** Where a group can not be posted to, its notifications go to the default group; where that can not either, they wait. */
async function routeAroundClosedGroups(
  tellings: readonly Telling[],
  connection: Connection,
  { log, ledger, channel, clock }: ScanPorts,
  defaultGroup: string | null,
  signal: AbortSignal,
): Promise<Telling[]> {
  const checks = new Map<string, GroupCheck>();
  const check = async (groupId: string): Promise<GroupCheck> => {
    const before = checks.get(groupId);
    if (before !== undefined) return before;
    const now = await orGiveUp(connection.checkGroup(groupId, signal), signal, 'Checking a group');
    checks.set(groupId, now);
    const closedWhy = now.canPost ? null : now.why;
    ledger.recordGroupCheck(channel.name, groupId, closedWhy, clock.now().toISOString());
    return now;
  };
  const postable: Telling[] = [];
  for (const [groupId, ofGroup] of groupBy(tellings, (telling) => telling.groupId)) {
    const own = await check(groupId);
    if (own.canPost) {
      postable.push(...ofGroup);
      continue;
    }
    const note = `group ${groupId} can not be posted to: ${own.why}`;
    const isElsewhere = defaultGroup !== null && defaultGroup !== groupId;
    if (isElsewhere && (await check(defaultGroup)).canPost) {
      log.warn(`${note}; ${ofGroup.length} told in the default group instead.`, { groupId });
      postable.push(...ofGroup.map((telling) => ({ ...telling, groupId: defaultGroup, note })));
    } else {
      log.warn(`${note}; ${ofGroup.length} wait.`, { groupId });
      const ids = ofGroup.map(({ row }) => row.id);
      ledger.postpone(ids, 'no-group', clock.now().toISOString(), note);
    }
  }
  return postable;
}

function newJob(
  { groupId, text, tellings }: PlannedMessage,
  { ledger, channel, randomBytes }: ScanPorts,
  connection: Connection,
  scanId: number,
): Job {
  const meters = tellings.map(({ facts }) => facts.meter_number);
  return {
    groupId,
    label: meters.length === 1 ? (meters[0] ?? '') : `digest of ${meters.length}`,
    notificationIds: tellings.map(({ row }) => row.id),
    isStuck: tellings.some(({ facts }) => facts.duration_status === 'STUCK'),
    attempt: 1,
    begin: (at) => {
      const id = newMessageId(randomBytes);
      const rows = tellings.map(({ row, facts, note }) => ({ id: row.id, facts, note }));
      const { account } = connection;
      const idImposed = channel.honoursIds;
      ledger.beginSend({ id, channel: channel.name, groupId, account, text, idImposed, rows }, scanId, at);
      return { id, groupId, text };
    },
  };
}

export function progressReporter(
  { progress }: Pick<ScanPorts, 'progress'>,
  { minGap, maxGap }: ScanSettings['config']['pace'],
): DeliveryPorts['onProgress'] {
  const gapMs = (minGap + maxGap) / 2;
  return (done, queue) => {
    const next = queue[0];
    if (next === undefined) return;
    const secondsLeft = (queue.length * gapMs) / 1000;
    progress.update({ done, total: done + queue.length, label: next.label, secondsLeft });
  };
}

async function closeInTime(connection: Connection, { clock, log }: ScanPorts): Promise<void> {
  const closed = new AbortController();
  const closing = connection.close().then(
    () => 'closed' as const,
    (thrown: unknown) => thrown,
  );
  const late = clock.sleep(CLOSE_WITHIN_MS, closed.signal).then(
    () => 'late' as const,
    () => 'closed' as const,
  );
  const how = await Promise.race([closing, late]);
  closed.abort();
  if (how !== 'closed') log.warn(`The channel did not close in order (${how}); nothing is lost by that.`);
}
