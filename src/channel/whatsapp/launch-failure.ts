import { messageOf, RcError, type RcErrorFields } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Chromium } from './chromium.ts';
import { AS_ROOT } from './launch.ts';

export interface LaunchContext {
  readonly chromium: Chromium;
  readonly profileDirectory: string;
  /** What the browser wrote to standard error (LaunchWatch.output). */
  readonly output: string;
}

type Explain = (context: LaunchContext, match: RegExpExecArray) => RcErrorFields;

const UNCHANGED = 'nothing was sent or changed';

/**
 * What Chromium 156, puppeteer 24.38 and the kernel say, the first that applies. puppeteer says "already running" for
 * every profile that can not be locked, so Chromium's own words come first.
 */
const CAUSES: readonly (readonly [RegExp, Explain])[] = [
  [/Running as root without --no-sandbox/, () => AS_ROOT],
  [/No usable sandbox|Failed to move to new namespace|SUID sandbox|credentials\.cc/, noSandbox],
  [/in use by another \S+ process|SingletonLock: File exists/, inUse],
  [/Failed to create socket directory/, noTemporaryDirectory],
  [/Failed to create a ProcessSingleton|browser is already running|No space left on device/, notWritable],
  [/error while loading shared libraries: ([^:\s]+)/, noLibrary],
  [/Missing X server/, noDisplay],
  [/spawn \S+ (?:EAGAIN|ENOMEM)|Resource temporarily unavailable|Cannot allocate memory/, noResources],
];

/** Why the browser did not start, in the operator's words. */
export function launchFailure(error: unknown, context: LaunchContext): RcError {
  const text = `${context.output}\n${messageOf(error)}`;
  for (const [pattern, explain] of CAUSES) {
    const match = pattern.exec(text);
    if (match !== null) return new RcError({ ...explain(context, match), cause: error });
  }
  const otherwise = /timed out/i.test(messageOf(error)) ? tooSlow(context) : ended(context, messageOf(error));
  return new RcError({ ...otherwise, cause: error });
}

function noSandbox({ chromium }: LaunchContext): RcErrorFields {
  return {
    code: 'ERR_RC_CHROMIUM_SANDBOX',
    message: `${chromium.path} can not make its sandbox: this system denies it user namespaces; ${UNCHANGED}.`,
    hint: 'See whether they work at all: unshare -Ur true. Where only the packaged browser may: sudo apt-get install -y chromium, and leave whatsapp.browser.executablePath out.',
    exitCode: ExitCode.CONFIG,
  };
}

function inUse({ profileDirectory, output }: LaunchContext): RcErrorFields {
  const [, pid, host] = /process \((\d+)\)(?: on another computer \((.+?)\))?/.exec(output) ?? [];
  const which = `${pid === undefined ? '' : ` (process ${pid}`}${host === undefined ? '' : ` on ${host}`}`;
  return {
    code: 'ERR_RC_PROFILE_IN_USE',
    message: `Another browser${which}${which === '' ? '' : ')'} has the WhatsApp profile ${profileDirectory} open; ${UNCHANGED}.`,
    hint: `Close that browser (ps -ef | grep ${profileDirectory} shows it), then: rc-notify scan`,
    exitCode: ExitCode.TEMPFAIL,
  };
}

function noTemporaryDirectory(): RcErrorFields {
  return {
    code: 'ERR_RC_CHROMIUM_TMP',
    message: `Chromium can not write to the directory for temporary files ($TMPDIR, else /tmp); ${UNCHANGED}.`,
    hint: 'Make it writable for this user, with room on its disk (df -h /tmp); under systemd: PrivateTmp=yes',
    exitCode: ExitCode.CANTCREAT,
  };
}

function notWritable({ profileDirectory }: LaunchContext): RcErrorFields {
  return {
    code: 'ERR_RC_PROFILE_DIRECTORY',
    message: `Chromium can not write to the WhatsApp profile ${profileDirectory}; ${UNCHANGED}.`,
    hint: `Make it writable for this user, with room on its disk: df -h ${profileDirectory}`,
    exitCode: ExitCode.CANTCREAT,
  };
}

function noLibrary({ chromium }: LaunchContext, match: RegExpExecArray): RcErrorFields {
  return {
    code: 'ERR_RC_CHROMIUM_LIBRARY',
    message: `${chromium.path} does not start: the library ${match[1]} is missing on this system; ${UNCHANGED}.`,
    hint: 'Install the packaged browser, which brings its libraries: sudo apt-get install -y chromium',
    exitCode: ExitCode.UNAVAILABLE,
  };
}

function noDisplay(): RcErrorFields {
  return {
    code: 'ERR_RC_NO_DISPLAY',
    message: `The browser was to show a window, and there is no display here; ${UNCHANGED}.`,
    hint: 'Run it in a desktop session or over ssh -X, or without a window: no --headful, and whatsapp.browser.headless: true.',
    exitCode: ExitCode.CONFIG,
  };
}

function noResources(): RcErrorFields {
  return {
    code: 'ERR_RC_CHROMIUM_RESOURCES',
    message: `The system gave Chromium no memory or no process to start with; ${UNCHANGED}.`,
    hint: 'It needs about 1.5 GB and 512 tasks: free -h; under systemd MemoryMax= and TasksMax=. The next scan tries again.',
    exitCode: ExitCode.UNAVAILABLE,
  };
}

function tooSlow({ chromium }: LaunchContext): RcErrorFields {
  return {
    code: 'ERR_RC_CHROMIUM_TIMEOUT',
    message: `${chromium.path} did not answer in time after its start; ${UNCHANGED}.`,
    hint: 'The next scan tries again. If it happens each time, look at the load of this host: uptime; free -h',
    exitCode: ExitCode.UNAVAILABLE,
  };
}

function ended({ chromium, output }: LaunchContext, error: string): RcErrorFields {
  const lastWords = output.trim().split('\n').at(-1) || error.trim();
  return {
    code: 'ERR_RC_CHROMIUM_START',
    message: `Chromium ${chromium.version} ended while it started (${lastWords}); ${UNCHANGED}.`,
    hint: `See whether it starts by itself, as the same user: ${chromium.path} --headless --disable-gpu --dump-dom about:blank`,
    exitCode: ExitCode.UNAVAILABLE,
  };
}
