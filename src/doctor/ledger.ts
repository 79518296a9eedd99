import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { LATEST_VERSION } from '../ledger/migrate.ts';
import { type Overview, openOverview } from '../ledger/overview.ts';
import { ledgerExists, ledgerPath } from '../ledger/state-directory.ts';
import { packageFile } from '../package-files.ts';
import { refuseOtherMachine } from '../scan/findings.ts';
import { pilotTest } from '../scan/judge-context.ts';
import { familyOf } from '../scan/ports.ts';
import { type Finding, failedWith, failure, ok, warning } from './finding.ts';

const NAME = 'ledger';

/** Reads the ledger and has SQLite check every page of it; `overview` is null where it can not be read. */
export function checkLedger(
  { channel, rules, state: { directory } }: Config,
  machineId: string | null,
  now: Date,
): { overview: Overview | null; findings: Finding[] } {
  try {
    const ledger = openOverview(directory, now);
    try {
      const overview = ledger.read({ channel, family: familyOf(channel), inPilot: pilotTest(rules), now });
      const state = ledgerExists(directory)
        ? soundness(ledgerPath(directory), ledger.damage(), ledger.isOlder())
        : ok(NAME, 'none yet; the first scan makes it');
      return { overview, findings: [state, ...otherMachine(overview, machineId)] };
    } finally {
      ledger.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return { overview: null, findings: [failedWith(NAME, thrown)] };
  }
}

function soundness(file: string, damage: readonly string[], isOlder: boolean): Finding {
  if (damage.length > 0) {
    return failure(NAME, `${file} is damaged: ${damage.join('; ')}`, restore(), ExitCode.CANTCREAT);
  }
  if (statSync(file).size === 0) {
    const empty = `${file} is empty: a scan was killed while it made it, or what was in it is lost.`;
    const mend = `${restore()}, or see what it would tell anew: rc-notify scan --dry-run`;
    return warning(NAME, empty, mend);
  }
  const version = isOlder
    ? `older than schema version ${LATEST_VERSION}, to which the next scan brings it`
    : `schema version ${LATEST_VERSION}`;
  return ok(NAME, `${file} is sound, ${version}`);
}

function restore(): string {
  return `Restore a copy made by rc-notify backup: ${fileURLToPath(packageFile('docs/operations.md'))}`;
}

function otherMachine({ machine }: Overview, here: string | null): Finding[] {
  try {
    refuseOtherMachine(machine, here);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return [failedWith(NAME, thrown)];
  }
}
