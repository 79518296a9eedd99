// Shows what rc-notify does: two real scans of examples/demo-commands.csv, then the history. Leaves nothing behind.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { buildIfStale } from './build.mjs';
import { root, runScript, setUp } from './setup.mjs';

const STEPS = [
  {
    heading: 'The first scan tells every late meter to the group of its office',
    args: ['scan', '--config', 'examples/demo.yaml'],
    exitCode: 1,
    remark: 'Exit code 1, as it should be: the office of one late meter has no group yet.',
  },
  {
    heading: 'The second scan, 15 minutes later in real life: nothing is told twice',
    args: ['scan', '--config', 'examples/demo.yaml'],
    exitCode: 1,
    remark: 'Exit code 1 again: that meter still waits for a group, and is not forgotten.',
  },
  {
    heading: 'What was sent stays on record',
    args: ['history', '--config', 'examples/demo.yaml'],
    exitCode: 0,
  },
];

await runScript(async () => {
  setUp();
  if ((await buildIfStale()) !== 0) return 1;
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-demo-'));
  // Ctrl+C reaches the child as well; wait for it, so that the directory is removed.
  process.on('SIGINT', () => {});
  try {
    return await runSteps(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

async function runSteps(directory) {
  for (const [index, { heading, args, exitCode, remark }] of STEPS.entries()) {
    console.log(`\n=== ${index + 1}. ${heading}\n$ rc-notify ${args.join(' ')}\n`);
    const code = await rcNotify(args, directory);
    if (code !== exitCode) {
      process.stderr.write(`\nThe demo failed: rc-notify ended with ${code}, not with ${exitCode}.\n`);
      return 1;
    }
    if (remark !== undefined) console.log(`\n${remark}`);
  }
  return 0;
}

/** Resolves to the exit code, or to the name of the signal that ended it. */
function rcNotify(args, directory) {
  const child = spawn(process.execPath, ['bin/rc-notify.js', ...args], {
    cwd: root,
    env: { ...process.env, STATE_DIRECTORY: directory },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
}
