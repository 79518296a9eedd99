// Sending over WhatsApp against the plainest script with the same library, Chromium, linked profile and stand-in.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { inTemporaryDirectory, median, program, root, runNode, verdict } from './measure.mjs';

const RUNS = 7;
const MESSAGES = 21;

const standIn = fork(join(root, 'bench/whatsapp-stand-in.mjs'), { cwd: root, execArgv: ['--import', 'tsx'] });
const { browserArgs, group } = await answer();

async function answer() {
  const [message] = await once(standIn, 'message');
  return message.answer;
}

function ask(question) {
  standIn.send(question);
  return answer();
}

const args = [...(process.geteuid() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', ...browserArgs];

function chromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const paths = process.env.PATH.split(delimiter).flatMap((at) => names.map((name) => join(at, name)));
  return paths.find((path) => {
    try {
      accessSync(path);
      return true;
    } catch {
      return false;
    }
  });
}

function configFor(directory, browser = {}) {
  const file = join(directory, 'config.json');
  const unpaced = { minGap: '0s', maxGap: '0s', perGroupGap: '0s', digestAbove: 1000 };
  const settings = {
    source: { type: 'file', file: { path: join(directory, 'commands.csv') } },
    groups: { default: group },
    pace: { ...unpaced, perScan: 1000, perDay: 10000 },
    whatsapp: {
      linkSettle: '1s',
      browser: { sandbox: process.geteuid() !== 0, args: browserArgs, ...browser },
    },
    state: { directory: join(directory, 'state') },
  };
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

function writeCommands(directory) {
  const rows = Array.from({ length: MESSAGES }, (_, row) => `${10000000 + row},OFFICE,${8000 - row}`);
  writeFileSync(
    join(directory, 'commands.csv'),
    `METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n${rows.join('\n')}\n`,
  );
}

async function link(directory) {
  writeCommands(directory);
  const login = promisify(execFile)(process.execPath, [program, 'login', '--config', configFor(directory)]);
  await Promise.all([ask('scanQr'), login]);
}

/** One run of Node in a clone of the linked state, as the stand-in saw it. */
async function measured(directory, run) {
  const state = join(directory, 'state');
  rmSync(state, { recursive: true, force: true });
  cpSync(join(directory, 'linked'), state, { recursive: true });
  const before = (await ask('seen')).acceptedAt.length;
  const startedAt = Date.now();
  const { peakMiB, ms } = run(state);
  const accepted = (await ask('seen')).acceptedAt.slice(before);
  if (accepted.length !== MESSAGES) throw new Error(`${accepted.length} messages arrived`);
  const [first] = accepted;
  return { first: first - startedAt, further: (accepted.at(-1) - first) / (MESSAGES - 1), peakMiB, ms };
}

function ours(directory) {
  return measured(directory, () => runNode([program, 'scan', '--config', join(directory, 'config.json')]));
}

function plain(directory) {
  const texts = Array.from({ length: MESSAGES }, (_, n) => `Meter ${n}: ${'as long as ours. '.repeat(18)}`);
  return measured(directory, (state) => {
    const given = { dataPath: join(state, 'whatsapp'), group, texts, executablePath: chromium(), args };
    writeFileSync(join(directory, 'plain.json'), JSON.stringify(given));
    return runNode([join(root, 'bench/plain-whatsapp.mjs'), join(directory, 'plain.json')]);
  });
}

function compare(results, what, unit, limit) {
  const [mine, other] = [results.ours, results.plain].map((runs) => runs.map((run) => run[what]));
  const shown = (values) =>
    `${median(values).toFixed(0)} ${unit} (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})`;
  console.log(`${NAMES[what]}: ${shown(mine)}, plain script ${shown(other)}`);
  if (limit !== undefined) verdict(`${NAMES[what]} / plain script`, median(mine) / median(other), limit);
}

const NAMES = {
  first: 'from process start to the first message accepted',
  further: 'each further message',
  peakMiB: 'peak memory of Node',
  ms: 'the whole run',
};

/** All is told, and the configured browser is none: a scan that starts it ends with an error. */
async function expectIdleScanWithoutBrowser(directory) {
  const { visits } = await ask('seen');
  const config = configFor(directory, { executablePath: '/nonexistent/chromium' });
  const { ms } = runNode([program, 'scan', '--config', config]);
  const after = (await ask('seen')).visits - visits;
  verdict(`browsers started by an idle scan (${ms.toFixed(0)} ms)`, after, 0);
}

await inTemporaryDirectory(async (directory) => {
  await link(directory);
  cpSync(join(directory, 'state'), join(directory, 'linked'), { recursive: true });
  await plain(directory);
  await ours(directory);
  const results = { ours: [], plain: [] };
  for (let run = 0; run < RUNS; run += 1) {
    results.plain.push(await plain(directory));
    results.ours.push(await ours(directory));
  }
  compare(results, 'first', 'ms', 1.1);
  compare(results, 'further', 'ms', 1.2);
  compare(results, 'peakMiB', 'MiB', 1.2);
  compare(results, 'ms', 'ms');
  await expectIdleScanWithoutBrowser(directory);
});
standIn.disconnect();
