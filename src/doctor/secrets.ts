import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { RcError } from '../errors.ts';
import type { Io } from '../io.ts';
import { CREDENTIAL, readPassword } from '../source/oracle/password.ts';
import { type Finding, failedWith, ok, warning } from './finding.ts';

const NAME = 'secrets';
const READ_BY_OTHERS = 0o004;

/**
 * The database's password and wallet, as the user that asks sees them. What systemd hands to the service alone is seen by
 * nobody else: `isServiceInstalled` makes its absence a warning.
 */
export async function checkSecrets(
  { source }: Config,
  env: Io['env'],
  isServiceInstalled: boolean,
): Promise<Finding[]> {
  if (source.type === 'file') return [ok(NAME, 'none are needed: source.type is file')];
  const { passwordFile, walletDirectory } = source.oracle;
  const wallet = walletDirectory === null ? [] : checkWallet(join(walletDirectory, 'ewallet.pem'));
  try {
    await readPassword(passwordFile, env);
    return [ok(NAME, `the password of the database: ${whereFrom(passwordFile, env)}`), ...wallet];
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    if (passwordFile !== null || !isServiceInstalled) return [failedWith(NAME, thrown), ...wallet];
    const unseen =
      'No password of the database is to be seen here. The service may have it as its credential oracle-password, which only it can read.';
    return [warning(NAME, unseen, 'Try it as the service: sudo systemctl start rc-notify'), ...wallet];
  }
}

function whereFrom(passwordFile: string | null, env: Io['env']): string {
  const { CREDENTIALS_DIRECTORY: directory } = env;
  if (directory && existsSync(join(directory, CREDENTIAL))) return `the systemd credential ${CREDENTIAL}`;
  return passwordFile ?? 'RC_NOTIFY_ORACLE_PASSWORD';
}

function checkWallet(file: string): Finding[] {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & READ_BY_OTHERS) === 0) return [];
  return [
    warning(NAME, `Every user of this machine may read the private key in ${file}.`, `chmod o= ${file}`),
  ];
}
