import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { NO_GAPS, scanJson, Workplace } from './harness/workplace.ts';

const ROWS = 1_000_000;
const LATE_EVERY = 10_000;

const FORMS: Readonly<
  Record<string, { head: string; row: (meter: number, age: number) => string; foot: string }>
> = {
  'commands.csv': {
    head: 'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n',
    row: (meter, age) => `${meter},NOCS-1,${age}\n`,
    foot: '',
  },
  'commands.ndjson': {
    head: '',
    row: (meter, age) => `{"METER_NUMBER":"${meter}","NOCS_NAME":"NOCS-1","ELAPSED_SECONDS":${age}}\n`,
    foot: '',
  },
  'commands.json': {
    head: '[{"METER_NUMBER":"0","NOCS_NAME":"NOCS-1","ELAPSED_SECONDS":1}',
    row: (meter, age) => `,\n{"METER_NUMBER":"${meter}","NOCS_NAME":"NOCS-1","ELAPSED_SECONDS":${age}}`,
    foot: ']\n',
  },
};

it.each(Object.keys(FORMS))('of a million rows of %s every late one is told, once', async (name) => {
  const work = new Workplace({
    source: { type: 'file', file: { path: name } },
    channel: 'terminal',
    pace: NO_GAPS,
  });
  await write(join(work.directory, name), FORMS[name]);
  const first = await work.scan();
  const checked = name.endsWith('.json') ? ROWS + 1 : ROWS;
  expect(scanJson(first).counts).toMatchObject({
    checked,
    stuck: ROWS / LATE_EVERY,
    sent: ROWS / LATE_EVERY,
  });
  const second = await work.scan();
  expect(scanJson(second).counts).toMatchObject({ sent: 0, alreadyNotified: ROWS / LATE_EVERY });
});

async function write(file: string, form: (typeof FORMS)[string] | undefined): Promise<void> {
  if (form === undefined) throw new Error(`no form for ${file}`);
  const out = createWriteStream(file);
  out.write(form.head);
  for (let row = 0; row < ROWS; row += 1) {
    const age = row % LATE_EVERY === 0 ? 7300 : 60;
    if (!out.write(form.row(10_000_000 + row, age))) await once(out, 'drain');
  }
  out.end(form.foot);
  await once(out, 'close');
}
