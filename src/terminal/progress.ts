import type { Output } from '../io.ts';
import { escapeControls } from './visible.ts';
import { cutToWidth, padToWidth } from './width.ts';

export interface Progress {
  update(state: ProgressState): void;
  /** Takes the line away. */
  clear(): void;
}

interface ProgressState {
  readonly done: number;
  readonly total: number;
  /** What is being worked on, for example a meter number. */
  readonly label: string;
  /** Null where nobody can tell. */
  readonly secondsLeft: number | null;
}

const REDRAW_EVERY_MS = 100;

/** The progress line each terminal shows at the moment, so that whoever writes there can take it away first. */
const shown = new WeakMap<object, () => void>();

/** To be called before anything else is written to a terminal that may show a progress line on `stderr`. */
export function clearProgressLine(stderr: Output): void {
  shown.get(stderr)?.();
}

/** One line at the bottom of a terminal, drawn over itself; nothing at all where `stderr` is no terminal. */
export function createProgress(
  stderr: Output,
  { columns, now }: { columns: number; now: () => Date },
): Progress {
  if (stderr.isTTY !== true) return { update() {}, clear() {} };
  // The last column stays free: some terminals begin a new line when it is written to.
  const width = columns - 1;
  let drawnAt = Number.NEGATIVE_INFINITY;

  function clear(): void {
    if (!shown.delete(stderr)) return;
    stderr.write(`\r${' '.repeat(width)}\r`);
  }

  function update(state: ProgressState): void {
    const time = now().getTime();
    if (shown.has(stderr) && time - drawnAt < REDRAW_EVERY_MS && state.done < state.total) return;
    drawnAt = time;
    stderr.write(`\r${padToWidth(cutToWidth(describe(state), width), width)}`);
    shown.set(stderr, clear);
  }

  return { update, clear };
}

function describe({ done, total, label, secondsLeft }: ProgressState): string {
  const time = secondsLeft === null ? '' : ` · ${duration(secondsLeft)} left`;
  return `${done} of ${total} · ${escapeControls(label)}${time}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m ${whole % 60}s`;
}
