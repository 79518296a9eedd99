import type { Config } from '../config/config.ts';
import { ExitCode } from '../exit-codes.ts';
import { linkAge } from '../health/link-age.ts';
import type { Overview } from '../ledger/overview.ts';
import { showTime } from '../time/show.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const NAME = 'whatsapp';

/** The link as it is known here, without asking WhatsApp. */
export function checkLink(
  { channel, message: { timezone } }: Config,
  hasProfile: boolean,
  link: Overview['link'],
  now: Date,
): Finding {
  if (channel !== 'whatsapp') return ok(NAME, `not needed: channel is ${channel}`);
  if (!hasProfile) return failure(NAME, 'No number is linked.', 'rc-notify login', ExitCode.NOPERM);
  if (link === null) {
    const unknown = 'There is a session, of which the ledger knows nothing.';
    return warning(NAME, unknown, 'See whether it works: rc-notify doctor --connect');
  }
  const { unusedDays, daysLeft, lapsesAt, isLongUnused } = linkAge(link.lastConnectedAt, now);
  const account = `linked to ${link.account ?? 'a number it does not tell'}`;
  const since = link.linkedAt === null ? '' : ` since ${showTime(link.linkedAt, timezone)}`;
  const used = `last connected ${showTime(link.lastConnectedAt, timezone)}`;
  const text = `${account}${since}, ${used}`;
  if (daysLeft < 0) {
    const lapsed = `${text}: ${unusedDays} days unused, so WhatsApp has most likely unlinked it.`;
    return failure(
      NAME,
      lapsed,
      'rc-notify doctor --connect; if it is unlinked: rc-notify login',
      ExitCode.NOPERM,
    );
  }
  const lapses = `${text}; unused it lapses in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'} (${showTime(lapsesAt, timezone)})`;
  return isLongUnused ? warning(NAME, lapses, 'rc-notify doctor --connect uses it') : ok(NAME, lapses);
}
