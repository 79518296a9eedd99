import { Chalk, type ChalkInstance } from 'chalk';
import type { Io, Output } from '../io.ts';

/** `--no-color`, then NO_COLOR (no-color.org), FORCE_COLOR, TERM=dumb; without any of them, on a terminal only. */
export function colourEnabled(stream: Output, env: Io['env'], noColorFlag: boolean): boolean {
  if (noColorFlag || isSet(env.NO_COLOR)) return false;
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return env.TERM !== 'dumb' && stream.isTTY === true;
}

/** Styles in the sixteen colours that every terminal has; without colour the text itself. */
export function styleFor(enabled: boolean): ChalkInstance {
  return new Chalk({ level: enabled ? 1 : 0 });
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
