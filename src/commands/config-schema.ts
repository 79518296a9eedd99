import { configJsonSchema } from '../config/json-schema.ts';
import { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from './context.ts';

/** Prints the JSON Schema of the configuration, for editors to complete from. */
export async function configSchema({ io }: CommandContext): Promise<ExitCode> {
  io.stdout.write(configJsonSchema());
  return ExitCode.OK;
}
