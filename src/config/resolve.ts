import { dirname, join, resolve } from 'node:path';
import { parseDuration } from '../duration.ts';
import type { Config } from './config.ts';
import { homeOf, type Surroundings, xdgDirectory } from './find.ts';
import type { Settings } from './schema.ts';

/** Settings whose paths are absolute. */
export type ResolvedSettings = Settings & { readonly state: { readonly directory: string } };

/** Makes every path absolute; relative ones start at the configuration file. */
export function resolvePaths(settings: Settings, file: string, stateDirectory: string): ResolvedSettings {
  const absolute = (path: string) => resolve(dirname(file), path);
  const orNull = (path: string | null) => (path === null ? null : absolute(path));
  const { source, message, whatsapp, state } = settings;
  const { oracle } = source;
  return {
    ...settings,
    source: {
      ...source,
      oracle: {
        ...oracle,
        query: oracle.query === 'c2m' ? 'c2m' : absolute(oracle.query),
        passwordFile: orNull(oracle.passwordFile),
        configDir: orNull(oracle.configDir),
        walletDirectory: orNull(oracle.walletDirectory),
      },
      file: { path: source.file.path === '-' ? '-' : absolute(source.file.path) },
    },
    message: { ...message, template: orNull(message.template) },
    whatsapp: {
      ...whatsapp,
      browser: { ...whatsapp.browser, executablePath: orNull(whatsapp.browser.executablePath) },
    },
    state: { ...state, directory: orNull(state.directory) ?? stateDirectory },
  };
}

export interface StateDirectory {
  readonly path: string;
  /** The environment variable that named it. */
  readonly variable?: string;
}

/** Where the state lives when the configuration does not say. */
export function defaultStateDirectory({ env, cwd }: Surroundings): StateDirectory {
  const fromSystemd = env.STATE_DIRECTORY?.split(':')[0];
  if (fromSystemd) return { path: resolve(cwd, fromSystemd), variable: 'STATE_DIRECTORY' };
  const fromXdg = xdgDirectory(env, 'XDG_STATE_HOME');
  if (fromXdg !== undefined) return { path: join(fromXdg, 'rc-notify'), variable: 'XDG_STATE_HOME' };
  return { path: join(homeOf(env), '.local', 'state', 'rc-notify') };
}

/** Settings with absolute paths -> what the program works with. */
export function toConfig(settings: ResolvedSettings): Config {
  const { source, rules, channel, groups, message, pace, whatsapp, state, heartbeat } = settings;
  const { oracle } = source;
  return {
    source: {
      ...source,
      oracle: {
        ...oracle,
        lookback: ms(oracle.lookback),
        connectTimeout: ms(oracle.connectTimeout),
        callTimeout: ms(oracle.callTimeout),
      },
    },
    rules: {
      ...rules,
      alertAfter: ms(rules.alertAfter),
      stuckAfter: ms(rules.stuckAfter),
      ignoreAfter: ms(rules.ignoreAfter),
    },
    channel,
    groups,
    message,
    pace: {
      ...pace,
      minGap: ms(pace.minGap),
      maxGap: ms(pace.maxGap),
      perGroupGap: ms(pace.perGroupGap),
      deadline: ms(pace.deadline),
    },
    whatsapp: {
      ...whatsapp,
      connectTimeout: ms(whatsapp.connectTimeout),
      ackTimeout: ms(whatsapp.ackTimeout),
      linkSettle: ms(whatsapp.linkSettle),
      keepAlive: ms(whatsapp.keepAlive),
    },
    state: { ...state, retention: ms(state.retention) },
    heartbeat,
  };
}

function ms(duration: string): number {
  const parsed = parseDuration(duration);
  if (parsed === undefined) throw new Error(`not a duration: ${duration}`);
  return parsed;
}
