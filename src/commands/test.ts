import { openChannel } from '../channel/open.ts';
import type { Channel, Connection, SendResult } from '../channel/port.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { testText } from '../message/test-text.ts';
import type { Runtime } from '../runtime.ts';
import { deliver, emptyReport, type Job } from '../scan/deliver.ts';
import { newMessageId } from '../scan/message-id.ts';
import { Pacer } from '../scan/pace.ts';
import { earlierHandovers, progressReporter, refuseOtherAccount } from '../scan/send-all.ts';
import { orGiveUpAfter, withDeadline } from '../scan/within.ts';
import { clearProgressLine, createProgress, type Progress } from '../terminal/progress.ts';
import { escapeControls } from '../terminal/visible.ts';
import type { CommandContext } from './context.ts';
import { checkTestOptions, type Target, type TestOptions, testTargets } from './test-options.ts';
import { stopped, type WhatsAppWork, withProfile } from './whatsapp-work.ts';

/** What must be left of the deadline to close in. */
const CLOSING_RESERVE_MS = 30_000;
const CLOSE_WITHIN_MS = 20_000;

interface Limits {
  readonly signal: AbortSignal;
  /** Milliseconds since 1970 UTC. */
  readonly deadlineAt: number;
  readonly progress: Progress;
}

interface Tested extends Target {
  readonly result: 'sent' | 'failed' | 'unknown' | 'not-sent';
  readonly ack: number | null;
  readonly error: string | null;
}

/**
 * Sends one message marked [TEST] to each group and waits for the server's ack. Tests are paced and count towards
 * `pace.perDay`. Throws RcError: 64 options, 78 configuration, 77 and 69 as a scan, 75 while a scan runs.
 */
export async function test(
  context: CommandContext,
  options: TestOptions,
  runtime: Runtime,
): Promise<ExitCode> {
  const { io, log } = context;
  checkTestOptions(options);
  return withProfile(context, runtime, 'test', async (work) => {
    const targets = testTargets(options, work.config.groups);
    if (work.config.channel === 'whatsapp') log.info('Connecting to WhatsApp; this takes some seconds.');
    const { tested, stop } = await testAll(context, work, runtime, targets, options.json === true);
    if (options.json === true) io.stdout.write(`${escapeControls(JSON.stringify({ tests: tested }))}\n`);
    else for (const one of tested) io.stdout.write(`${asLine(one, work.config.channel)}\n`);
    if (stop !== null) throw stop.code === 'ERR_RC_NO_ACK' ? noAnswer() : stop;
    if (work.stop.aborted && tested.some(({ result }) => result === 'not-sent')) throw stopped('test');
    if (tested.some(({ result }) => result === 'unknown')) return ExitCode.UNKNOWN_FATE;
    if (tested.every(({ result }) => result === 'sent')) return ExitCode.OK;
    log.warn(
      'Not every group got its test; nothing else was sent. Groups and who may post: rc-notify groups',
    );
    return ExitCode.FAILED;
  });
}

async function testAll(
  context: CommandContext,
  work: WhatsAppWork,
  runtime: Runtime,
  targets: readonly Target[],
  json: boolean,
): Promise<{ tested: Tested[]; stop: RcError | null }> {
  const { io, log, clock } = context;
  const { config, ledger } = work;
  const progress = createProgress(io.stderr, { columns: io.stderr.columns ?? 80, now: () => clock.now() });
  const write = async (text: string) => {
    // With --json stdout carries one JSON object and nothing else.
    if (json) return log.info(text);
    clearProgressLine(io.stderr);
    io.stdout.write(text);
  };
  const colour = context.colour && !json;
  const columns = io.stdout.columns ?? 80;
  const surroundings = { write, colour, columns, env: io.env, clock, log };
  const channel = (await runtime.openChannel?.(config)) ?? (await openChannel(config, surroundings));
  const deadlineAt = clock.now().getTime() + config.pace.deadline;
  return withDeadline(clock, deadlineAt - CLOSING_RESERVE_MS, work.stop, async (signal) => {
    const patience = { clock, graceMs: CLOSE_WITHIN_MS };
    const connecting = channel.connect(signal);
    const connection = await orGiveUpAfter(patience, connecting, signal, 'Connecting', (late) => {
      late.close().catch(() => {});
    });
    try {
      refuseOtherAccount({ ledger, channel }, connection);
      ledger.recordConnection(channel.name, connection.account, clock.now().toISOString());
      const limits = { signal, deadlineAt, progress };
      return await testOver(work, runtime, channel, connection, targets, limits);
    } finally {
      progress.clear();
      await connection.close();
    }
  });
}

async function testOver(
  { config, ledger, stop }: WhatsAppWork,
  { clock, random, randomBytes }: Runtime,
  channel: Channel,
  connection: Connection,
  targets: readonly Target[],
  { signal, deadlineAt, progress }: Limits,
): Promise<{ tested: Tested[]; stop: RcError | null }> {
  const tested = new Map<string, Tested>();
  const jobs: Job[] = [];
  for (const target of targets) {
    const check = await connection.checkGroup(target.groupId, signal);
    tested.set(target.groupId, {
      ...target,
      result: 'not-sent',
      ack: null,
      error: check.canPost ? null : check.why,
    });
    if (check.canPost) jobs.push(testJob(target));
  }
  const earlier = earlierHandovers({ ledger, channel, clock });
  const report = emptyReport();
  const pacer = new Pacer({ ...config.pace, perScan: jobs.length }, earlier, random, null);
  const { ackTimeout } = config.whatsapp;
  const ports = {
    ledger,
    connection: noting(connection),
    clock,
    pacer,
    stop,
    signal,
    deadlineAt,
    ackTimeout,
  };
  const onProgress = progressReporter({ progress }, config.pace);
  await deliver(jobs, { ...ports, maxAttempts: 1, heedsRefusals: false, onProgress }, report);
  if (report.sick === null) for (const { groupId } of report.left) noteLeft(groupId);
  return { tested: [...tested.values()], stop: report.sick };

  function testJob({ groupId, nocsName }: Target): Job {
    const begin = (at: string) => {
      const id = newMessageId(randomBytes);
      const text = testText(nocsName, config.message, new Date(at));
      const { account } = connection;
      const idImposed = channel.honoursIds;
      ledger.beginSend({ id, channel: channel.name, groupId, account, text, idImposed, rows: [] }, null, at);
      return { id, groupId, text };
    };
    return { groupId, label: groupId, notificationIds: [], isStuck: false, attempt: 1, begin };
  }

  /** The connection, with what became of each message noted beside its group. */
  function noting(open: Connection): Connection {
    const send: Connection['send'] = async (message, inTime) => {
      note(message.groupId, { status: 'unknown', ack: null, error: 'no ack in time' });
      const result = await open.send(message, inTime);
      note(message.groupId, result);
      return result;
    };
    return { ...open, send };
  }

  function noteLeft(groupId: string): void {
    const target = tested.get(groupId);
    if (target !== undefined) tested.set(groupId, { ...target, error: whyLeft() });
  }

  function whyLeft(): string {
    if (stop.aborted) return 'stopped before its turn';
    if (pacer.remaining(clock.now()) === 0) return `pace.perDay (${config.pace.perDay}) is used up`;
    return 'no time was left for it';
  }

  function note(groupId: string, result: SendResult): void {
    const target = tested.get(groupId);
    if (target === undefined) return;
    const error = result.status === 'sent' ? null : result.error;
    tested.set(groupId, { ...target, result: result.status, ack: result.ack, error });
  }
}

function noAnswer(): RcError {
  return new RcError({
    code: 'ERR_RC_NO_ACK',
    message: 'A test got no answer in time, so no further one was sent; it may have arrived all the same.',
    hint: 'Look in its group, and see whether the phone is online. Then again: rc-notify test --group ID',
    exitCode: ExitCode.UNAVAILABLE,
  });
}

const WORDS: Readonly<Record<Tested['result'], string>> = {
  sent: 'sent, and WhatsApp has it',
  failed: 'refused',
  unknown: 'of unknown fate',
  'not-sent': 'not sent',
};

const DRAWN = 'drawn here alone (channel: terminal)';

function asLine({ groupId, nocsName, result, error }: Tested, channel: Channel['name']): string {
  const name = nocsName === null ? groupId : `${nocsName} (${groupId})`;
  return escapeControls(
    `${name}: ${channel === 'terminal' && result === 'sent' ? DRAWN : WORDS[result]}${error === null ? '' : ` (${error})`}`,
  );
}
