import { messageOf, RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';

/** What can be wrong with a link or a page, in the operator's words. Every one leaves the profile as it is. */

export function notLinked(): RcError {
  return new RcError({
    code: 'ERR_RC_NOT_LINKED',
    message: 'No WhatsApp number is linked yet; nothing was sent, everything due waits.',
    hint: 'Link one, as the user the scan runs as: rc-notify login',
    exitCode: ExitCode.NOPERM,
  });
}

export function asksToBeLinked(): RcError {
  return new RcError({
    code: 'ERR_RC_SESSION_LOST',
    message:
      'WhatsApp Web asks to be linked, so the profile holds no session that it accepts; what was not sent waits, and the profile was not touched.',
    hint: 'Link: rc-notify login. Where the phone still lists the device, an earlier copy may do: rc-notify login --restore',
    exitCode: ExitCode.NOPERM,
  });
}

export function loggedOut(): RcError {
  return new RcError({
    code: 'ERR_RC_LOGGED_OUT',
    message:
      'WhatsApp has unlinked this device (from the phone, or after weeks without use); what was not sent waits, and the profile was not touched.',
    hint: 'Link again: rc-notify login',
    exitCode: ExitCode.NOPERM,
  });
}

/** Whether WhatsApp does not accept the link that is in the profile. */
export function isUnlinked(thrown: unknown): boolean {
  if (!(thrown instanceof RcError)) return false;
  return thrown.code === 'ERR_RC_LOGGED_OUT' || thrown.code === 'ERR_RC_SESSION_LOST';
}

const GOING_ON = new Set([
  'CONNECTED',
  'OPENING',
  'PAIRING',
  'TIMEOUT',
  'UNLAUNCHED',
  'UNPAIRED',
  'UNPAIRED_IDLE',
]);

/** Whether a page in this state of its connection will not get anywhere by itself, and a link does not help it. */
export function isEndOfSession(state: string | null): state is string {
  return state !== null && !GOING_ON.has(state);
}

/** WhatsApp's own words for why it ended a session, as whatsapp-web.js passes them on. */
export function disconnected(reason: string): RcError {
  if (reason === 'LOGOUT') return loggedOut();
  if (reason.startsWith('UNPAIRED')) return asksToBeLinked();
  if (reason.endsWith('BLOCK')) return restricted(reason);
  if (reason === 'CONFLICT') return usedElsewhere();
  if (reason === 'DEPRECATED_VERSION') return outdated();
  return unavailable(`WhatsApp Web ended the session (${reason})`);
}

function restricted(reason: string): RcError {
  return new RcError({
    code: 'ERR_RC_ACCOUNT_RESTRICTED',
    message: `WhatsApp has restricted this account (${reason}); sending stopped at once, the rest waits.`,
    hint: 'Look at WhatsApp on the phone for what it asks. Do not scan until it is settled: stop the timer, or mute the offices (rc-notify mute --help).',
    exitCode: ExitCode.NOPERM,
  });
}

function usedElsewhere(): RcError {
  return new RcError({
    code: 'ERR_RC_CONFLICT',
    message: 'Another window took this WhatsApp session over (CONFLICT); what was not sent waits.',
    hint: 'Make sure that this profile is used by rc-notify alone, then: rc-notify scan',
    exitCode: ExitCode.UNAVAILABLE,
  });
}

function outdated(): RcError {
  return new RcError({
    code: 'ERR_RC_WEB_OUTDATED',
    message: 'WhatsApp says this version of its page is too old (DEPRECATED_VERSION); what was due waits.',
    hint: 'Try again with rc-notify scan; if it stays, upgrade Chromium and rc-notify.',
    exitCode: ExitCode.UNAVAILABLE,
  });
}

/** `what` happened, as a clause without a full stop. */
export function unavailable(what: string, cause?: unknown): RcError {
  return new RcError({
    code: 'ERR_RC_WHATSAPP_UNAVAILABLE',
    message: `${what}; what was not sent waits.`,
    hint: 'The next scan tries again. To see each step, add --verbose.',
    exitCode: ExitCode.UNAVAILABLE,
    cause,
  });
}

export function chromiumEnded(): RcError {
  return new RcError({
    code: 'ERR_RC_CHROMIUM_ENDED',
    message:
      'Chromium ended in the middle of the work (killed, crashed or out of memory); what was not sent waits.',
    hint: 'The next scan tries again. If it happens each time, see whether memory ran out (journalctl -k --grep "Killed process"); it needs about 1.5 GB.',
    exitCode: ExitCode.UNAVAILABLE,
  });
}

export function profileDamaged(directory: string): RcError {
  return new RcError({
    code: 'ERR_RC_PROFILE_DAMAGED',
    message: `WhatsApp Web can not read its own storage in the profile ${directory}; what was due waits.`,
    hint: `See whether its disk is full or failing (df -h ${directory}). Else go back to a kept copy: rc-notify login --restore`,
    exitCode: ExitCode.CANTCREAT,
  });
}

/** What puppeteer rejects with when the page goes somewhere else, and what the library meets in one that has only begun. */
const RELOADED =
  /Execution context|Cannot find context|frame.*detached|window\.require is not a function|reading 'RegistrationUtils'/i;

export function isReload(thrown: unknown): boolean {
  return RELOADED.test(messageOf(thrown));
}

export function pageReloaded(cause: unknown): RcError {
  return new RcError({
    code: 'ERR_RC_PAGE_RELOADED',
    message: 'WhatsApp Web loaded its page anew in the middle of the work; what was not sent waits.',
    hint: 'The next scan tries again. To see each step, add --verbose.',
    exitCode: ExitCode.UNAVAILABLE,
    cause,
  });
}

export function pageFailure(thrown: unknown): RcError {
  const [what] = messageOf(thrown).split('\n');
  return unavailable(`WhatsApp Web's page failed (${what})`, thrown);
}

/** The page refused to take a message at all: WhatsApp Web is not what it was. */
export function pageChanged(detail: string): RcError {
  return new RcError({
    code: 'ERR_RC_WEB_CHANGED',
    message: `WhatsApp Web's page could not take a message (${detail}); it did not go out, and the others wait.`,
    hint: 'WhatsApp may have changed its page: look for a newer rc-notify. To see each step: rc-notify scan --verbose',
    exitCode: ExitCode.UNAVAILABLE,
  });
}

/** A message that the page has let go, and nobody has answered. */
export function noAnswer(detail: string): RcError {
  return new RcError({
    code: 'ERR_RC_NO_ACK',
    message: `A message got no answer (${detail}), so no further one was sent; the others wait, and this one is looked up first next time.`,
    hint: 'The next scan goes on by itself. To see what is open: rc-notify history --send-status unknown',
    exitCode: ExitCode.UNAVAILABLE,
  });
}

export function noNetwork(detail: string, cause: unknown): RcError {
  return new RcError({
    code: 'ERR_RC_NO_NETWORK',
    message: `https://web.whatsapp.com can not be reached (${detail}); what was due waits.`,
    hint: "Check this host's network and proxy (curl -I https://web.whatsapp.com); the next scan tries again.",
    exitCode: ExitCode.UNAVAILABLE,
    cause,
  });
}

/** How far the page had come when the time was up. */
export function notInTime(limitMs: number, stage: string): RcError {
  const seconds = Math.round(limitMs / 1000);
  return new RcError({
    code: 'ERR_RC_WHATSAPP_TIMEOUT',
    message: `WhatsApp Web was not ready within ${seconds} s (${stage}); what was due waits.`,
    hint: 'Run it again, or wait for the next scan. On a slow host or line raise whatsapp.connectTimeout.',
    exitCode: ExitCode.UNAVAILABLE,
  });
}

/** Nobody linked in the time `login` waits. */
export function notLinkedInTime(limitMs: number): RcError {
  return new RcError({
    code: 'ERR_RC_LOGIN_TIMEOUT',
    message: `No phone linked this device within ${Math.round(limitMs / 1000)} s; nothing was changed.`,
    hint: 'Have the phone at hand and start again: rc-notify login (longer: --timeout 10m; by code: --phone NUMBER)',
    exitCode: ExitCode.NOPERM,
  });
}

export function pairingRefused(detail: string): RcError {
  return new RcError({
    code: 'ERR_RC_PAIRING_REFUSED',
    message: `WhatsApp gave no pairing code (${detail}); nothing was changed.`,
    hint: 'Check the number (country code first, digits only). After a few tries WhatsApp refuses for a while; link by QR code: rc-notify login',
    exitCode: ExitCode.NOPERM,
  });
}
