import type { Fault } from './types.ts';

/** The faults on order, and how often each may still strike. */
export class Faults {
  readonly #left: { fault: Fault; times: number }[];

  constructor(faults: readonly Fault[]) {
    this.#left = faults.map((fault) => ({ fault, times: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  /** The fault that strikes here, if one does; `sql` is the query it is about, `rows` how many of its rows were sent. */
  strike(at: Fault['at'], sql = '', rows = 0): Fault | undefined {
    for (const entry of this.#left) {
      const { fault, times } = entry;
      if (fault.at !== at || times <= 0 || rows < (fault.afterRows ?? 0)) continue;
      if (fault.sql?.test(sql) === false) continue;
      entry.times -= 1;
      return fault;
    }
    return undefined;
  }
}
