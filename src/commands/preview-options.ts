import type { LateStatus } from '../domain.ts';
import { usageError } from './usage.ts';

/** As typed. */
export interface PreviewOptions {
  readonly meter?: string | undefined;
  readonly nocs?: string | undefined;
  readonly status?: string | undefined;
  readonly digest?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface PreviewRequest {
  /** Null = a sample. */
  readonly meter: string | null;
  /** As if for this office, of this status; null = as it is. */
  readonly nocs: string | null;
  readonly status: LateStatus | null;
  /** A digest of so many samples; null = a single meter. */
  readonly digest: number | null;
}

const MOST_METERS = 1000;

/** Throws RcError 64. */
export function readPreviewOptions({ meter, nocs, status, digest }: PreviewOptions): PreviewRequest {
  if (meter !== undefined && digest !== undefined) {
    throw usageError(
      '--meter shows one meter and --digest several samples.',
      'Leave one out: rc-notify preview --digest 7',
    );
  }
  for (const [option, typed] of Object.entries({ meter, nocs })) {
    if (typed?.trim() === '') {
      throw usageError(
        `--${option} is empty.`,
        `Name one: rc-notify preview --${option} ..., or leave it out for a sample.`,
      );
    }
  }
  return {
    meter: meter?.trim() ?? null,
    nocs: nocs?.trim() ?? null,
    status: status === undefined ? null : readStatus(status),
    digest: digest === undefined ? null : readCount(digest),
  };
}

function readStatus(typed: string): LateStatus {
  const status = typed.trim().toUpperCase();
  if (status === 'ALERT' || status === 'STUCK') return status;
  throw usageError(`--status ${typed} is not known.`, 'Write rc-notify preview --status ALERT|STUCK');
}

function readCount(typed: string): number {
  const count = Number(typed);
  if (/^\d{1,4}$/.test(typed) && count >= 1 && count <= MOST_METERS) return count;
  throw usageError(
    `--digest ${typed} is no number of meters from 1 to ${MOST_METERS}.`,
    'Write it as rc-notify preview --digest 7',
  );
}
