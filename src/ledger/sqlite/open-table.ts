import type { Database } from 'better-sqlite3';
import type { KeyFamily, OpenNotification, OpenTable } from '../port.ts';

type Column = keyof OpenNotification;

const COLUMNS = [
  'id',
  'meter_number',
  'command_id',
  'duration_status',
  'duration_minutes',
  'triggered_at',
  'send_status',
  'next_attempt_at',
  'updated_at',
  'cleared_at',
  'outcome',
] as const satisfies readonly Column[];

/** Reads open rows column by column, each as one JSON array: the driver's cost is by the value it hands over. */
export function openTableReader(database: Database, condition: string): (family: KeyFamily) => OpenTable {
  const read = database
    .prepare(
      `SELECT ${COLUMNS.map((name) => `json_group_array(${name})`).join(', ')} FROM (
         SELECT ${COLUMNS.join(', ')} FROM whatsapp_notifications WHERE ${condition} ORDER BY id)`,
    )
    .raw();
  return (family) => new JsonTable(read.get({ family }) as string[]);
}

class JsonTable implements OpenTable {
  readonly #texts: readonly string[];
  readonly #parsed: Partial<Record<Column, readonly unknown[]>> = {};

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  get length(): number {
    return this.column('id').length;
  }

  column<Name extends Column>(name: Name): readonly OpenNotification[Name][] {
    this.#parsed[name] ??= JSON.parse(this.#texts[COLUMNS.indexOf(name)] ?? '[]') as unknown[];
    return this.#parsed[name] as readonly OpenNotification[Name][];
  }

  at(place: number): OpenNotification | undefined {
    if (place >= this.length) return undefined;
    const value = <Name extends Column>(name: Name) => this.column(name)[place] as OpenNotification[Name];
    return {
      id: value('id'),
      meter_number: value('meter_number'),
      command_id: value('command_id'),
      duration_status: value('duration_status'),
      duration_minutes: value('duration_minutes'),
      triggered_at: value('triggered_at'),
      send_status: value('send_status'),
      next_attempt_at: value('next_attempt_at'),
      updated_at: value('updated_at'),
      cleared_at: value('cleared_at'),
      outcome: value('outcome'),
    };
  }
}
