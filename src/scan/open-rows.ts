import type { OpenNotification, OpenTable } from '../ledger/port.ts';

/** The ledger's open rows by meter: nearly all are alone with theirs. */
export class OpenRows {
  readonly table: OpenTable;
  /** The place of a meter's only row, or the places of all. */
  readonly #byMeter = new Map<string, number | number[]>();

  constructor(table: OpenTable) {
    this.table = table;
    for (const [place, meter] of table.column('meter_number').entries()) {
      const before = this.#byMeter.get(meter);
      if (before === undefined) this.#byMeter.set(meter, place);
      else if (typeof before === 'number') this.#byMeter.set(meter, [before, place]);
      else before.push(place);
    }
  }

  has(meterNumber: string): boolean {
    return this.#byMeter.has(meterNumber);
  }

  /** In the ledger's order. */
  of(meterNumber: string): readonly OpenNotification[] {
    const places = this.#byMeter.get(meterNumber) ?? [];
    return [places].flat().flatMap((place) => this.table.at(place) ?? []);
  }

  /** The place of the meter's row, if it has just one. */
  placeOfOnly(meterNumber: string): number | undefined {
    const places = this.#byMeter.get(meterNumber);
    return typeof places === 'number' ? places : undefined;
  }
}
