import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/io.ts';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** Turns of the event loop without anybody going to sleep or waking up, after which nothing but time can help. */
const QUIET_TURNS = 30;

/** A clock whose time passes only when everything that could happen without it has happened. */
export class VirtualClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];
  #changes = 0;
  #isRunning = false;

  /** `start` is ISO 8601. */
  constructor(start: string) {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  /** Lets time pass at once, or run back, between two scans. */
  pass(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { until: this.#now + Math.max(0, ms), wake: resolve };
      this.#add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#remove(sleeper);
        reject(signal.reason);
      });
    });
  }

  #add(sleeper: Sleeper): void {
    this.#sleepers.push(sleeper);
    this.#changes += 1;
    if (!this.#isRunning) void this.#run();
  }

  #remove(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    this.#changes += 1;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#sleepers.length > 0) {
      await this.#quiet();
      const [next] = [...this.#sleepers].sort((a, b) => a.until - b.until);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.until);
      this.#remove(next);
      next.wake();
    }
    this.#isRunning = false;
  }

  async #quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
      const before = this.#changes;
      await turn();
      if (this.#changes !== before) turns = 0;
    }
  }
}
