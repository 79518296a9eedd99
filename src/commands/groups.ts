import type { Group } from '../channel/whatsapp/page.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Runtime } from '../runtime.ts';
import { renderTable } from '../terminal/table.ts';
import { escapeControls } from '../terminal/visible.ts';
import type { CommandContext } from './context.ts';
import { warnOfOtherAccount, withProfile } from './whatsapp-work.ts';

export interface GroupsOptions {
  /** Part of a name, in any case; undefined = all groups. */
  readonly match?: string | undefined;
  readonly format?: 'table' | 'json' | 'yaml' | undefined;
  readonly json?: boolean | undefined;
}

/**
 * Lists the groups of the linked account. Throws RcError: 77 not linked, 69 WhatsApp not reachable, 78 configuration or
 * no Chromium, 75 while a scan runs.
 */
export async function groups(
  context: CommandContext,
  options: GroupsOptions,
  runtime: Runtime,
): Promise<ExitCode> {
  const { io, log } = context;
  const all = await withProfile(context, runtime, 'groups', (work) => readGroups(context, work));
  const wanted = all.filter(({ id, name }) => matches(`${name ?? ''} ${id}`, options.match));
  wanted.sort((a, b) => (a.name ?? '').localeCompare(b.name ?? '') || a.id.localeCompare(b.id));
  const format = options.json === true ? 'json' : (options.format ?? 'table');
  if (format === 'json') io.stdout.write(`${escapeControls(JSON.stringify({ groups: wanted }))}\n`);
  else if (format === 'yaml') io.stdout.write(asYaml(wanted));
  else io.stdout.write(asTable(wanted, io.stdout));
  if (wanted.length === 0) log.warn(nothingFound(all.length, options.match));
  else if (format === 'table') {
    log.info('To put them into the configuration: rc-notify groups --format yaml');
  }
  return ExitCode.OK;
}

async function readGroups(
  { log }: CommandContext,
  work: Parameters<Parameters<typeof withProfile>[3]>[0],
): Promise<readonly Group[]> {
  const { openSession } = await import('../channel/whatsapp/session.ts');
  log.info('Connecting to WhatsApp; this takes some seconds.');
  const { client, account } = await openSession(work.web, work.stop);
  try {
    if (!warnOfOtherAccount(work, account.number, log)) {
      work.ledger.recordConnection('whatsapp', account.number, work.web.clock.now().toISOString());
    }
    return await client.call('groups');
  } finally {
    await client.close();
  }
}

function matches(text: string, part: string | undefined): boolean {
  return part === undefined || fold(text).includes(fold(part));
}

function fold(text: string): string {
  return text.normalize('NFC').toLocaleLowerCase();
}

function nothingFound(count: number, match: string | undefined): string {
  return match === undefined || count === 0
    ? 'This account is in no group. Add its number to the groups of the offices on the phone, then run rc-notify groups again.'
    : `None of the ${count} groups has "${match}" in its name. All of them: rc-notify groups`;
}

function asTable(groups: readonly Group[], screen: { isTTY?: boolean; columns?: number }): string {
  const cells = groups.map(({ id, name, participants, canPost, archived, reason }) => [
    name ?? '-',
    id,
    participants === null ? '-' : String(participants),
    `${canPost ? 'yes' : `no: ${reason}`}${archived ? ' (archived)' : ''}`,
  ]);
  const head = ['NAME', 'ID', 'MEMBERS', 'CAN POST'];
  const { isTTY: terminal = false, columns = 80 } = screen;
  return renderTable(cells, { head, terminal, columns, whole: [1] });
}

/** Ready to paste under `groups.byNocs`: the group's name stands where the NOCS's belongs. */
function asYaml(groups: readonly Group[]): string {
  const named = new Set<string>();
  const lines = groups.map(({ id, name, reason }) => {
    const remark = reason === null ? '' : `  # can not post: ${oneLine(reason)}`;
    const key = name === null || named.has(name) ? `${name ?? ''} ${id}`.trim() : name;
    named.add(key);
    return `    ${JSON.stringify(oneLine(key))}: ${id}${remark}`;
  });
  const head = '# Put the NOCS name, as the source spells it, in the place of each group name.';
  return `${head}\ngroups:\n  byNocs:\n${lines.join('\n')}\n`;
}

function oneLine(text: string): string {
  return escapeControls(text.replace(/\s+/g, ' '));
}
