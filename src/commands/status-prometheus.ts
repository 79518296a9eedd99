import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import type { Config } from '../config/config.ts';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Status } from './status.ts';

interface Sample {
  /** Label and value; the names of both are few and fixed. */
  readonly label?: readonly [name: string, value: string];
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Without one there is nothing to tell yet, and the metric is left out. */
  readonly samples: readonly Sample[];
}

/** What every file of metrics begins with. */
const BEGINNING = '# HELP rc_notify_';

/**
 * Writes the file whole or not at all, readable by all, and only in the place of one of metrics; returns its absolute path.
 * Throws RcError 73.
 */
export function writeMetrics(file: string, cwd: string, text: string): string {
  const path = resolve(cwd, file);
  // The collector reads only what ends in .prom.
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    refuseOthers(path);
    writeFileSync(partial, text, { flag: 'wx' });
    chmodSync(partial, 0o644);
    renameSync(partial, path);
    return path;
  } catch (thrown) {
    if (existsSync(partial)) rmSync(partial);
    throw new RcError({
      code: 'ERR_RC_OUTPUT',
      message: `The metrics ${path} can not be written: ${messageOf(thrown)}; what was there is as it was.`,
      hint: 'Name a new file, in a directory that this user may write to: rc-notify status --prometheus FILE',
      exitCode: ExitCode.CANTCREAT,
      cause: thrown,
    });
  }
}

function refuseOthers(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  // Renaming onto it would put a file in the place of /dev/stdout.
  if (!found.isFile()) throw new Error('it is no regular file');
  if (found.size > 0 && !readFileSync(path, 'latin1').startsWith(BEGINNING))
    throw new Error('a file is there that has no metrics of rc-notify');
}

/** As Prometheus reads it: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function metricsText(status: Status, config: Config): string {
  return metricsOf(status, config)
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(({ label, value }) => {
        const labels = label === undefined ? '' : `{${label[0]}="${label[1]}"}`;
        return `rc_notify_${name}${labels} ${value}`;
      });
      return `# HELP rc_notify_${name} ${help}\n# TYPE rc_notify_${name} ${type}\n${lines.join('\n')}\n`;
    })
    .join('');
}

function metricsOf({ overview, running, session, timer, drift }: Status, { pace }: Config): Metric[] {
  const { outstanding } = overview;
  const [last] = overview.scans;
  const ended = overview.scans.find(({ finishedAt }) => finishedAt !== null);
  return [
    gauge('scan_running', 'Whether a run holds the scan lock.', Number(running !== null)),
    gauge('last_scan_start_timestamp_seconds', 'Start of the last scan.', seconds(last?.startedAt)),
    gauge('last_scan_end_timestamp_seconds', 'End of the last scan that ended.', seconds(ended?.finishedAt)),
    gauge('last_scan_exit_code', 'Exit code of the last scan that ended.', ended?.exitCode ?? null),
    gauge(
      'last_success_timestamp_seconds',
      'Start of the last scan with exit code 0.',
      seconds(overview.lastSuccessAt),
    ),
    {
      name: 'last_scan_commands',
      type: 'gauge',
      help: 'RC commands the last scan that ended read, by what it made of them.',
      samples: COMMANDS.flatMap(([state, count]) => {
        const value = ended?.counts?.[count];
        return value === undefined ? [] : [{ label: ['state', state] as const, value }];
      }),
    },
    {
      name: 'notifications_waiting',
      type: 'gauge',
      help: 'Notifications still to be told, by why they wait.',
      samples: waitingSamples(overview.waiting),
    },
    gauge(
      'notifications_unknown',
      'Notifications whose message may have arrived or not.',
      outstanding.unknown,
    ),
    counter('notifications_sent_total', 'Notifications told.', overview.sentNotifications),
    counter('messages_sent_total', 'Messages acknowledged.', overview.sentMessages),
    gauge('messages_last_day', 'Messages handed over in the last 24 hours.', overview.handedOver),
    gauge('messages_last_day_limit', 'How many may be: pace.perDay.', pace.perDay),
    gauge(
      'whatsapp_linked',
      'Whether there is a session.',
      session === null ? null : Number(session.isLinked),
    ),
    gauge(
      'whatsapp_last_connection_timestamp_seconds',
      'Last connection.',
      seconds(session?.lastConnectedAt),
    ),
    gauge(
      'whatsapp_lapse_timestamp_seconds',
      'When the link lapses if it is not used.',
      seconds(session?.lapsesAt),
    ),
    gauge('next_run_timestamp_seconds', 'Next run of the timer.', seconds(timer?.nextRun)),
    {
      name: 'routing_drift',
      type: 'gauge',
      help: 'Where configuration and source have come apart, by kind.',
      samples: [
        { label: ['kind', 'nocs_without_group'], value: drift.withoutGroup.length },
        { label: ['kind', 'nocs_not_seen'], value: drift.notSeen.length },
        { label: ['kind', 'group_closed'], value: drift.closedGroups.length },
        { label: ['kind', 'told_for_earlier_command'], value: drift.toldForEarlierCommand },
      ],
    },
  ];
}

/** Label -> count of `scan --json`; together they are all that were checked. */
const COMMANDS = [
  ['normal', 'normal'],
  ['alert', 'alert'],
  ['stuck', 'stuck'],
  ['too_old', 'tooOld'],
  ['duplicate', 'duplicate'],
  ['invalid', 'invalid'],
] as const;

const REASONS = ['due', 'retry', 'muted', 'no-group', 'over-limit'];

/** Every reason always, so that an alert on one never lacks its series. */
function waitingSamples(waiting: Status['overview']['waiting']): Sample[] {
  const counts = new Map([...REASONS, 'other'].map((reason) => [reason, 0]));
  for (const { reason, notifications } of waiting) {
    const label = REASONS.includes(reason) ? reason : 'other';
    counts.set(label, (counts.get(label) ?? 0) + notifications);
  }
  return [...counts].map(([reason, value]) => ({ label: ['reason', reason.replace('-', '_')], value }));
}

function gauge(name: string, help: string, value: number | null): Metric {
  return { name, type: 'gauge', help, samples: value === null ? [] : [{ value }] };
}

function counter(name: string, help: string, value: number): Metric {
  return { name, type: 'counter', help, samples: [{ value }] };
}

function seconds(at: string | null | undefined): number | null {
  return at === null || at === undefined ? null : Date.parse(at) / 1000;
}
