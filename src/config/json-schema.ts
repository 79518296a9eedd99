import * as z from 'zod';
import { settingsSchema } from './schema.ts';

/** The JSON Schema (draft 7, which editors know best) of a configuration file, as text ending with a line break. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify(schema, null, 2)}\n`;
}
