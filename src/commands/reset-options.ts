import type { Fate, ReleaseFilter } from '../ledger/release.ts';
import { readDateOrAgo } from './moment.ts';
import { usageError } from './usage.ts';

export interface ResetOptions {
  readonly meter?: string | undefined;
  readonly nocs?: string | undefined;
  readonly failed?: boolean | undefined;
  readonly before?: string | undefined;
  readonly all?: boolean | undefined;
  readonly unknown?: boolean | undefined;
  readonly as?: string | undefined;
  readonly reason?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What `--unknown --as` decides; null for a release. Throws RcError 64 for options that do not go together. */
export function readFate({ meter, nocs, failed, before, all, unknown, as }: ResetOptions): Fate | null {
  const filters = [meter, nocs, failed || undefined, before].filter((option) => option !== undefined).length;
  if (meter?.trim() === '' || nocs?.trim() === '') {
    throw usageError('--meter and --nocs need a name; nothing was changed.', 'See rc-notify reset --help');
  }
  if (unknown !== true) {
    if (as !== undefined) throw usageError('--as decides only what --unknown selects.', HOW_TO_DECIDE);
    if (all === true && filters > 0) {
      throw usageError('--all can not be narrowed by another selector.', 'Leave --all or the others out.');
    }
    if (all !== true && filters === 0) throw usageError('It is not said what to reset.', HOW_TO_SELECT);
    return null;
  }
  if (all === true || failed === true || before !== undefined) {
    throw usageError('--unknown can be narrowed by --meter and --nocs only.', HOW_TO_DECIDE);
  }
  if (as !== 'sent' && as !== 'not-sent') {
    throw usageError('--unknown needs --as sent or --as not-sent.', HOW_TO_DECIDE);
  }
  return as;
}

const HOW_TO_SELECT =
  'Name at least one of --meter M, --nocs N, --failed, --before DATE, --all, --unknown --as sent|not-sent; ' +
  'add --dry-run to see what it would release.';
const HOW_TO_DECIDE =
  'Look into the group whether the message is there, then: rc-notify reset --unknown --as sent|not-sent [--meter M]';

/** `zone` is the wall clock of dates. Throws RcError 64. */
export function readFilter(options: ResetOptions, zone: string, now: Date): ReleaseFilter {
  const { meter, nocs, failed, before } = options;
  return {
    meter: meter?.trim(),
    nocs,
    failed,
    before:
      before === undefined ? undefined : new Date(readDateOrAgo('--before', before, zone, now)).toISOString(),
  };
}

/** The selectors as the audit keeps them: `--meter 12345678 --failed`. */
export function inWords({ meter, nocs, failed, before, all, unknown, as }: ResetOptions): string {
  const words = [
    meter !== undefined && `--meter ${meter.trim()}`,
    nocs !== undefined && `--nocs ${nocs.trim()}`,
    failed === true && '--failed',
    before !== undefined && `--before ${before}`,
    all === true && '--all',
    unknown === true && `--unknown --as ${as}`,
  ];
  return words.filter(Boolean).join(' ');
}
