import { resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import { backUpLedger } from '../ledger/backup.ts';
import { ledgerPath } from '../ledger/state-directory.ts';
import { escapeControls } from '../terminal/visible.ts';
import type { CommandContext } from './context.ts';

export interface BackupOptions {
  readonly json: boolean;
}

/**
 * Copies the ledger into `directory`, beside a running scan too; prints the copy's path.
 * Throws RcError: 78 without a usable configuration, 1 without a ledger, 73 where it can not be read or copied.
 */
export async function backup(
  { io, log, clock, configPath }: CommandContext,
  directory: string,
  { json }: BackupOptions,
): Promise<ExitCode> {
  const { config } = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  const made = await backUpLedger(config.state.directory, resolve(io.cwd, directory), clock.now());
  if (json) {
    io.stdout.write(`${escapeControls(JSON.stringify(made))}\n`);
    return ExitCode.OK;
  }
  io.stdout.write(`${made.path}\n`);
  const ledger = ledgerPath(config.state.directory);
  log.info(
    [
      `Copied and checked: ${made.rows} notifications, ${made.bytes} bytes.`,
      'To restore it, see to it that no scan runs or starts, then:',
      `  rm -f ${quoted(`${ledger}-wal`)} ${quoted(`${ledger}-shm`)}`,
      `  cp -p ${quoted(made.path)} ${quoted(ledger)}`,
      'What was told since then is not in it: before the next scan run rc-notify scan --baseline.',
    ].join('\n'),
  );
  return ExitCode.OK;
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
