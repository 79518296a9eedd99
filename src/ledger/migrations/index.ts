import { initial } from './001-initial.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** In order, never edited once released: a change of the schema is a new entry. */
export const migrations: readonly Migration[] = [{ version: 1, name: 'initial', sql: initial }];
