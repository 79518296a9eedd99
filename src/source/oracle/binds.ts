import type { OracleConfig } from '../../config/config.ts';
import { RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';

/** By name in upper case. */
export type BindValues = Readonly<Record<string, string | number>>;

const MINUTE = 60_000;
const GIVEN = ['ALERT_MINUTES', 'LOOKBACK_MINUTES'] as const;

/** What every query may use, from the configuration: `alertAfter` in milliseconds. */
export function givenBinds(alertAfter: number, { lookback }: OracleConfig): BindValues {
  return { ALERT_MINUTES: alertAfter / MINUTE, LOOKBACK_MINUTES: lookback / MINUTE };
}

/** `source.oracle.parameters` by names in upper case. Throws RcError 78 where one is given twice, or by the program. */
export function parametersOf({ parameters }: OracleConfig): BindValues {
  const values: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const key = name.toUpperCase();
    if (key in values) throw wrongParameter(`gives :${name.toLowerCase()} twice`);
    if (GIVEN.some((given) => given === key)) {
      throw wrongParameter(`gives :${name.toLowerCase()}, which the rules and the look-back already do`);
    }
    values[key] = value;
  }
  return values;
}

/** The binds that are used, each with its value. Throws RcError 78 naming those that nobody gives. */
export function chooseBinds(used: ReadonlySet<string>, values: BindValues, path: string): BindValues {
  const chosen: Record<string, string | number> = {};
  const missing: string[] = [];
  for (const name of used) {
    const value = values[name];
    if (value === undefined) missing.push(`:${name.toLowerCase()}`);
    else chosen[name] = value;
  }
  if (missing.length === 0) return chosen;
  const names = missing.join(', ');
  throw new RcError({
    code: 'ERR_RC_ORACLE_BIND',
    message: `The query in ${path} uses ${names}, which nobody gives.`,
    hint: `Set ${names.replaceAll(':', '')} under source.oracle.parameters, then run: rc-notify config check`,
    exitCode: ExitCode.CONFIG,
  });
}

/** `what` completes "source.oracle.parameters ...". */
export function wrongParameter(what: string): RcError {
  return new RcError({
    code: 'ERR_RC_ORACLE_PARAMETER',
    message: `source.oracle.parameters ${what}.`,
    hint: 'Correct it in the configuration, then run: rc-notify config check',
    exitCode: ExitCode.CONFIG,
  });
}
