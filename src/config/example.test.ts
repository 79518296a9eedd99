import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SOURCE_COLUMNS } from '../source/port.ts';
import { parseConfigText } from './document.ts';
import { configJsonSchema } from './json-schema.ts';
import { formatKeyPath, valueAt } from './key-path.ts';
import { loadConfig } from './load.ts';
import { allKeys, settingsSchema } from './schema.ts';

const root = new URL('../../', import.meta.url);
const example = readFileSync(new URL('config.example.yaml', root), 'utf8');

describe('config.schema.json', () => {
  test('is what rc-notify config schema prints', () => {
    const shipped = readFileSync(new URL('config.schema.json', root), 'utf8');
    expect(JSON.parse(shipped), 'rc-notify config schema > config.schema.json').toEqual(
      JSON.parse(configJsonSchema()),
    );
  });

  test('tells editors what every key is for, and refuses unknown ones', () => {
    for (const path of allKeys()) {
      const schema = valueAt(
        JSON.parse(configJsonSchema()),
        path.flatMap((key) => ['properties', key]),
      );
      expect(schema, formatKeyPath(path)).toMatchObject({ description: expect.stringMatching(/\w/) });
      if (valueAt(schema, ['properties']) !== undefined)
        expect(schema).toMatchObject({ additionalProperties: false });
    }
  });
});

describe('config.example.yaml', () => {
  test('names the schema in its first line', () => {
    expect(example.split('\n', 1)).toEqual(['# yaml-language-server: $schema=./config.schema.json']);
  });

  test('loads as it is', async () => {
    const { config, warnings } = await loadConfig({
      path: 'config.example.yaml',
      env: { HOME: '/home/x' },
      cwd: root.pathname,
    });
    expect(warnings).toEqual([]);
    expect(config.groups.byNocs).toEqual({ 'NOCS-1': '1234567890-1234567890@g.us' });
  });

  test('documents every key, the column names as comments with their defaults', () => {
    const uncommented = example
      .replace('columns: {} ', 'columns: ')
      .replace(/^ {4}# (\w+: [A-Z_]+)/gm, '    $1');
    const document = parseConfigText(uncommented);
    const missing = allKeys().filter((path) => document.find(path) === undefined);
    expect(missing.map(formatKeyPath)).toEqual([]);
    expect(valueAt(document.value, ['source', 'columns'])).toEqual(SOURCE_COLUMNS);
  });

  test('shows the default of every key whose comment does not say otherwise', () => {
    const { value, find } = parseConfigText(example);
    const lines = example.split('\n');
    const defaults = settingsSchema.parse({});
    for (const path of allKeys().filter((each) => allKeys(each).length === 0)) {
      const line = lines[(find(path)?.line ?? 0) - 1] ?? '';
      if (!line.includes('; default ')) expect(valueAt(defaults, path), line).toEqual(valueAt(value, path));
    }
  });
});
