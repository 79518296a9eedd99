import type { Config } from '../config/config.ts';
import { createRouter } from '../config/nocs.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { usageError } from './usage.ts';

export interface TestOptions {
  readonly group?: string | undefined;
  readonly nocs?: string | undefined;
  readonly all?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** A group to test, and the NOCS it belongs to; null = the default group, or one of no NOCS. */
export interface Target {
  readonly groupId: string;
  readonly nocsName: string | null;
}

const GROUP_ID = /^\d+(-\d+)?@g\.us$/;
const EXAMPLES = 'For example: rc-notify test --nocs NOCS-1 (or --group ID, or --all)';

/** Throws RcError 64 for options that do not go together, or a group that can be none. */
export function checkTestOptions({ group, nocs, all }: TestOptions): void {
  if ([group, nocs, all].filter((given) => given !== undefined).length !== 1) {
    throw usageError('Name one of --group, --nocs and --all.', EXAMPLES);
  }
  if (group !== undefined && !GROUP_ID.test(group)) {
    throw usageError(`--group ${group} is no group id.`, 'The ids are listed by: rc-notify groups');
  }
}

/** Each group once. Throws RcError 78 where the configuration has none. */
export function testTargets({ group, nocs }: TestOptions, groups: Config['groups']): Target[] {
  if (group !== undefined) return [{ groupId: group, nocsName: nameOf(group, groups) }];
  if (nocs !== undefined) {
    const { groupId } = createRouter(groups)(nocs);
    if (groupId === null) throw noGroup(`no group for ${nocs}`);
    return [{ groupId, nocsName: nocs }];
  }
  const ids = new Set([
    ...Object.values(groups.byNocs),
    ...(groups.default === null ? [] : [groups.default]),
  ]);
  if (ids.size === 0) throw noGroup('no group at all');
  return [...ids].map((groupId) => ({ groupId, nocsName: nameOf(groupId, groups) }));
}

function nameOf(groupId: string, { byNocs }: Config['groups']): string | null {
  const names = Object.entries(byNocs).flatMap(([name, id]) => (id === groupId ? [name] : []));
  return names.length === 0 ? null : names.join(', ');
}

function noGroup(what: string): RcError {
  return new RcError({
    code: 'ERR_RC_NO_GROUP',
    message: `The configuration has ${what}.`,
    hint: 'Find the ids with rc-notify groups, and put them under groups.byNocs or groups.default.',
    exitCode: ExitCode.CONFIG,
  });
}
