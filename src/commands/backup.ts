import { dirname, join, resolve } from 'node:path';
import { profileOf } from '../channel/whatsapp/profile.ts';
import { backUpProfile } from '../channel/whatsapp/profile-backup.ts';
import { loadConfig } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import { backUpLedger } from '../ledger/backup.ts';
import { ledgerPath } from '../ledger/state-directory.ts';
import { shellWord } from '../terminal/shell-word.ts';
import { escapeControls } from '../terminal/visible.ts';
import type { CommandContext } from './context.ts';

export interface BackupOptions {
  readonly json: boolean;
}

/**
 * Copies the ledger, and the newest kept copy of the WhatsApp session, into `directory`, beside a running scan too;
 * prints their paths.
 * Throws RcError: 78 without a usable configuration, 1 without a ledger, 73 where it can not be read or copied.
 */
export async function backup(
  { io, log, clock, configPath }: CommandContext,
  directory: string,
  { json }: BackupOptions,
): Promise<ExitCode> {
  const { config } = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  const target = resolve(io.cwd, directory);
  const made = await backUpLedger(config.state.directory, target, clock.now());
  const profile = await backUpProfile(profileOf(config.state.directory), target);
  if (json) {
    io.stdout.write(`${escapeControls(JSON.stringify({ ...made, profile }))}\n`);
    return ExitCode.OK;
  }
  io.stdout.write(`${made.path}\n${profile === null ? '' : `${profile}\n`}`);
  const ledger = ledgerPath(config.state.directory);
  const session = join(config.state.directory, 'whatsapp', 'session');
  log.info(
    [
      `Copied and checked: ${made.rows} notifications, ${made.bytes} bytes.`,
      'To restore it, see to it that no scan runs or starts, then:',
      `  rm -f ${shellWord(`${ledger}-wal`)} ${shellWord(`${ledger}-shm`)}`,
      `  cp -p ${shellWord(made.path)} ${shellWord(ledger)}`,
      'What was told since then is not in it: before the next scan run rc-notify scan --baseline.',
      ...(profile === null
        ? []
        : [
            'The session opens WhatsApp for whoever holds it: keep it as safe as a password. To restore it:',
            `  mkdir -p ${shellWord(dirname(session))} && rm -rf ${shellWord(session)}`,
            `  cp -a ${shellWord(profile)} ${shellWord(session)}`,
          ]),
    ].join('\n'),
  );
  return ExitCode.OK;
}
