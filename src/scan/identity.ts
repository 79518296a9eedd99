import type { LateStatus, OnceRule, RcCommand } from '../domain.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { KeyFamily, OpenNotification } from '../ledger/port.ts';
import type { SourceField } from '../source/port.ts';

type Identity = Pick<RcCommand, 'meterNumber' | 'commandId' | 'triggeredAt'>;

/** UTC, ISO 8601 with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** What names a command: its id, else meter and trigger time, else the meter alone. */
export function commandName(command: Identity): string {
  if (command.commandId !== null) return command.commandId;
  if (command.triggeredAt !== null) return `${command.meterNumber}@${isoTime(command.triggeredAt)}`;
  return command.meterNumber;
}

/** Rows of one read with the same slot compete for one notification. */
export function onceSlot(once: OnceRule, command: Identity): string {
  // Two meters of one command id are two to be told: that they can not both have its key must not stay unsaid.
  return once === 'meter' ? command.meterNumber : `${command.meterNumber}\n${commandName(command)}`;
}

/** The key the database keeps unique among rows that are not released. */
export function dedupeKey(once: OnceRule, command: Identity, status: LateStatus, family: KeyFamily): string {
  const prefix = family === 'terminal' ? 'terminal:' : '';
  if (once === 'meter') return `${prefix}meter:${command.meterNumber}`;
  const name = commandName(command);
  return once === 'command' ? `${prefix}command:${name}` : `${prefix}status:${name}:${status}`;
}

/** Whether a row is about this very command. Where neither side can tell, an open row is taken to be. */
export function isSameCommand(row: OpenNotification, command: Identity): boolean {
  if (row.command_id !== null && command.commandId !== null) return row.command_id === command.commandId;
  if (row.triggered_at !== null && command.triggeredAt !== null) {
    return row.triggered_at === isoTime(command.triggeredAt);
  }
  return row.cleared_at === null;
}

/**
 * Throws RcError 78 where a source with these columns (none: not one row came) can not tell the commands of a meter apart
 * and `rules.once` needs that.
 */
export function refuseMissingIdentity(fields: ReadonlySet<SourceField>, once: OnceRule): void {
  if (once === 'meter' || fields.size === 0 || fields.has('commandId') || fields.has('triggeredAt')) return;
  throw new RcError({
    code: 'ERR_RC_ONCE_NEEDS_COMMAND',
    message: `rules.once: ${once} needs the column COMMAND_ID or TRIGGERED_AT, and the source has neither.`,
    hint: 'Add one of them to the source, or set rules.once: meter; then run rc-notify config check.',
    exitCode: ExitCode.CONFIG,
  });
}
