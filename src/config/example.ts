import { readFile } from 'node:fs/promises';
import { packageFile } from '../package-files.ts';

/** The commented example, as it is written beside no schema: it names the package's. */
export async function exampleConfig(): Promise<string> {
  const example = await readFile(packageFile('config.example.yaml'), 'utf8');
  return example.replace('$schema=./config.schema.json', `$schema=${packageFile('config.schema.json').href}`);
}
