import type { CommandContext } from '../commands/context.ts';
import { type WhatsAppWork, warnOfOtherAccount, withProfileOf } from '../commands/whatsapp-work.ts';
import type { Config } from '../config/config.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Runtime } from '../runtime.ts';
import { type Finding, failedWith, failure, ok } from './finding.ts';
import { checkSource } from './source.ts';

/** Connects to both sides as a scan does, under its lock. */
export async function checkConnections(
  config: Config,
  context: CommandContext,
  runtime: Runtime,
): Promise<Finding[]> {
  try {
    return await withProfileOf(config, context, runtime, 'doctor', async (work) => [
      ...(config.channel === 'whatsapp' ? await checkWhatsApp(work, context) : []),
      ...(work.stop.aborted ? [] : await checkSource(config, context, true)),
    ]);
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return [failedWith('connection', thrown)];
  }
}

async function checkWhatsApp(work: WhatsAppWork, { log }: CommandContext): Promise<Finding[]> {
  const { openSession } = await import('../channel/whatsapp/session.ts');
  const { web, ledger, config, stop } = work;
  const now = () => web.clock.now().toISOString();
  log.info('Connecting to WhatsApp; this takes some seconds.');
  try {
    const { client, account, version } = await openSession(web, stop);
    try {
      if (warnOfOtherAccount(work, account.number, log)) return [otherAccount(account.number)];
      ledger.recordConnection('whatsapp', account.number, now());
      const connected = `connected as ${account.number}, WhatsApp Web ${version}`;
      const findings = [ok('connection', connected)];
      for (const [groupId, nocsNames] of groupsOf(config)) {
        const { name, canPost, reason } = await client.call('group', groupId);
        ledger.recordGroupCheck(
          'whatsapp',
          groupId,
          canPost ? null : (reason ?? 'it does not say why'),
          now(),
        );
        findings.push(groupFinding(`${name ?? 'no name'}, ${groupId} (${nocsNames})`, canPost, reason));
      }
      return findings;
    } finally {
      await client.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return [failedWith('connection', thrown)];
  }
}

/** Each group of the configuration once, with whom it is for. */
function groupsOf({ groups }: Config): Map<string, string> {
  const users: [string, string][] = Object.entries(groups.byNocs);
  if (groups.default !== null) users.push(['default group', groups.default]);
  const byGroup = new Map<string, string>();
  for (const [who, id] of users) byGroup.set(id, byGroup.has(id) ? `${byGroup.get(id)}, ${who}` : who);
  return byGroup;
}

function groupFinding(group: string, canPost: boolean, reason: string | null): Finding {
  if (canPost) return ok('group', group);
  const next = 'Mend it in the group on the phone, or change the configuration: rc-notify groups';
  return failure('group', `${group} can not be posted to: ${reason}`, next, ExitCode.FAILED);
}

function otherAccount(account: string): Finding {
  const detail = `The session is of ${account}, and scans so far sent as another number: they stop.`;
  return failure('connection', detail, 'If it is meant: rc-notify login --replace', ExitCode.NOPERM);
}
