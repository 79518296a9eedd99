import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Outstanding } from '../ledger/port.ts';
import type { Collected } from './collect.ts';

/** A clock so far before the last scan's end is wrong. */
const CLOCK_MAY_DIFFER_MS = 5 * 60_000;

/** Throws RcError 78 where the ledger was last used on another machine. */
export function refuseOtherMachine(known: string | null, here: string | null): void {
  if (known === null || here === null || known === here) return;
  throw new RcError({
    code: 'ERR_RC_OTHER_MACHINE',
    message: `The ledger's last scan ran on another machine (${known}, this is ${here}); nothing was read or sent.`,
    hint: 'If that machine no longer scans, take the ledger over: rc-notify adopt',
    exitCode: ExitCode.CONFIG,
  });
}

/** Whether this clock is more than 5 minutes before the last scan's end. */
export function clockRanBack(lastScanEnd: string | null, now: Date): boolean {
  return lastScanEnd !== null && now.getTime() < Date.parse(lastScanEnd) - CLOCK_MAY_DIFFER_MS;
}

/** A read that proves nothing about what is still in progress. */
export function hasNoUsableRow({ invalid, usable }: Pick<Collected, 'invalid' | 'usable'>): boolean {
  return invalid > 0 && usable === 0;
}

/** What went wrong with the read: it broke off, or nothing of it could be used. */
export function readErrors(collected: Collected, stopped: boolean): RcError[] {
  if (stopped) return [];
  const errors: RcError[] = collected.failure === null ? [] : [collected.failure];
  if (hasNoUsableRow(collected)) {
    const first = collected.invalidRows[0]?.why ?? '';
    errors.push(
      new RcError({
        code: 'ERR_RC_NO_USABLE_ROW',
        message: `No usable row among ${counted(collected.checked, 'row')} (the first: ${first}); nothing was cleared.`,
        hint: 'Check the source and source.columns: rc-notify config check',
        exitCode: ExitCode.DATAERR,
      }),
    );
  }
  return errors;
}

/** A late meter whose key an unrelated notification holds: the database forbids the second. */
export function keyTaken(meterNumber: string, key: string): RcError {
  return new RcError({
    code: 'ERR_RC_KEY_TAKEN',
    message: `Meter ${meterNumber} is late and was not told: another notification holds the key ${key}.`,
    hint: 'See what holds it with: rc-notify history --json; then release that meter: rc-notify reset --meter',
    exitCode: ExitCode.FAILED,
  });
}

/** The scan was told to stop before its work was done. */
export function interrupted(left: number): RcError {
  return new RcError({
    code: 'ERR_RC_STOPPED',
    message:
      left > 0
        ? `Stopped by a signal with ${left} still to send; they wait in the ledger.`
        : 'Stopped by a signal before the work was done.',
    hint: 'The next scan goes on with it: rc-notify scan',
    exitCode: ExitCode.TEMPFAIL,
  });
}

/** What an operator must still decide or mend when the scan has ended. */
export function outstandingErrors(outstanding: Outstanding, refusedForGood: number): RcError[] {
  const errors: RcError[] = [];
  if (outstanding.unknown > 0) {
    errors.push(
      new RcError({
        code: 'ERR_RC_UNKNOWN_FATE',
        message: `Of ${counted(outstanding.unknown, 'notification')} it is not known whether the message arrived; nothing is sent again blindly.`,
        hint: 'Over WhatsApp the next scans look it up, for 24 hours. What stays unknown is yours to decide, after a look in the group: rc-notify reset --unknown --as sent|not-sent',
        exitCode: ExitCode.UNKNOWN_FATE,
      }),
    );
  }
  if (outstanding.noGroup > 0) {
    errors.push(
      new RcError({
        code: 'ERR_RC_NO_GROUP',
        message: `${counted(outstanding.noGroup, 'late meter')} kept waiting: ${outstanding.noGroup === 1 ? 'its office has' : 'their offices have'} no group that can be posted to.`,
        hint: 'Which: rc-notify history --send-status pending. Then mend groups.byNocs, or set groups.default.',
        exitCode: ExitCode.FAILED,
      }),
    );
  }
  if (refusedForGood > 0) {
    errors.push(
      new RcError({
        code: 'ERR_RC_REFUSED',
        message: `${counted(refusedForGood, 'notification')} refused for the last time, and kept as failed.`,
        hint: 'See why: rc-notify history --send-status failed; then try again: rc-notify reset --failed',
        exitCode: ExitCode.FAILED,
      }),
    );
  }
  return errors;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
