// How long the program takes to begin: --version and --help against Node doing nothing, other commands against plain scripts.
import { join } from 'node:path';
import { inTemporaryDirectory, inTurn, median, program, root, runNode, verdict } from './measure.mjs';
import { makeToldSample } from './sample.mjs';

const RUNS = 9;

function compare(name, ours, plain, limit) {
  const times = inTurn(
    RUNS,
    () => runNode(ours).ms,
    () => runNode(plain).ms,
  );
  const over = median(times.ours) - median(times.plain);
  verdict(`${name} (${median(times.ours).toFixed(0)} ms) over plain`, over, limit, ' ms');
}

await inTemporaryDirectory(async (directory) => {
  const { csv, config, ledger } = await makeToldSample(directory, 10, 2);

  const nothing = ['-e', '0'];
  const plainHistory = [join(root, 'bench/plain-history.mjs'), ledger];
  const plainScan = [join(root, 'bench/plain-scan.mjs'), csv, ledger];
  const common = ['--config', config];
  compare('--version', [program, '--version'], nothing, 60);
  compare('--help', [program, '--help'], nothing, 60);
  compare('scan --help', [program, 'scan', '--help'], nothing, 60);
  compare('scan', [program, 'scan', ...common], plainScan, 250);
  compare('scan --dry-run', [program, 'scan', '--dry-run', ...common], plainScan, 250);
  compare('history', [program, 'history', ...common], plainHistory, 250);
  compare('reset', [program, 'reset', '--failed', '--yes', ...common], plainHistory, 250);
  compare('preview', [program, 'preview', ...common], nothing, 250);
  compare('mute --list', [program, 'mute', '--list', ...common], plainHistory, 250);
  compare('config check', [program, 'config', 'check', ...common], plainScan, 250);
  compare('config show', [program, 'config', 'show', ...common], nothing, 250);
  compare('config schema', [program, 'config', 'schema'], nothing, 250);
  compare('backup', [program, 'backup', join(directory, 'copies'), ...common], plainHistory, 250);
  compare('adopt', [program, 'adopt', '--yes', ...common], plainHistory, 250);
  compare('completion', [program, 'completion', 'bash'], nothing, 250);
});
