import type { Fault } from './types.ts';

/** The faults on order, and how often each may still strike. */
export class Faults {
  readonly #left: { fault: Fault; times: number }[];

  constructor(faults: readonly Fault[]) {
    this.#left = faults.map((fault) => ({ fault, times: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  /** The fault that strikes here, if one does; `rows` is how many rows of the query have been sent. */
  strike(at: Fault['at'], rows = 0): Fault | undefined {
    for (const entry of this.#left) {
      if (entry.fault.at !== at || entry.times <= 0 || rows < (entry.fault.afterRows ?? 0)) continue;
      entry.times -= 1;
      return entry.fault;
    }
    return undefined;
  }
}
