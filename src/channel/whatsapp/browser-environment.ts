import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../../io.ts';

const PASSED_ON =
  /^(PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|HOME|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS|FONTCONFIG_\w+|CHROME_DEVEL_SANDBOX|(HTTPS?|FTP|ALL|NO)_PROXY)$/i;

/** All that a browser gets of the environment: no secret of ours is among it, whatever its name. */
export function passedOn(env: Io['env']): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && PASSED_ON.test(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** With directories that Chromium can write to below `home`; the user's own home stays where that is writable. */
export function browserEnvironment(env: Io['env'], home: string): Record<string, string> {
  return {
    ...passedOn(env),
    HOME: env.HOME !== undefined && isWritable(env.HOME) ? env.HOME : home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
  };
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
