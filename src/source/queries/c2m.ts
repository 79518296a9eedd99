import type { BindValues } from '../oracle/binds.ts';
import { wrongParameter } from '../oracle/binds.ts';

/** The binds a site may set under `source.oracle.parameters`, and what Customer To Meter has as delivered. */
export const C2M_DEFAULTS = {
  /** Owner of the tables, or of synonyms for them; a name in the text, because no bind can be one. */
  SCHEMA: 'CISADM',
  /** Business object of a remote connect command. */
  BUSINESS_OBJECT: 'D1-RemoteConnect',
  /** Status of a command whose communication is in progress, and of one that ended. */
  STATUS_IN_PROGRESS: 'COMINPROG',
  STATUS_COMPLETED: 'COMPLETED',
  STATUS_DISCARDED: 'DISCARDED',
  /** Maintenance object by which a command names its device. */
  DEVICE_OBJECT: 'D1-DEVICE',
  /** Identifier type that is the meter number. */
  METER_NUMBER_TYPE: 'D1SN',
  /** Characteristic type of a service point that is the customer id, in both products. */
  CUSTOMER_ID_CHARACTERISTIC: 'CM_LEGCY',
  /** Characteristic type of a premise that is the NOCS. */
  NOCS_CHARACTERISTIC: 'CM_NOCS',
  /** Service agreement whose balance is told: prepaid, active. */
  AGREEMENT_TYPE: 'PPD',
  AGREEMENT_STATUS: '20',
  /** Language of NOCS names. */
  LANGUAGE: 'ENG',
} as const satisfies BindValues;

const OUTCOME_BINDS = ['STATUS_COMPLETED', 'STATUS_DISCARDED', 'STATUS_IN_PROGRESS'] as const;

/** The lists of ids that are sent, so that the database meets three statements and not a thousand. */
const ID_COUNTS = [10, 100, 1000] as const;

/** Ids in one outcome query, at most: no IN list of Oracle holds more. */
export const MOST_IDS = 1000;

/**
 * All RC commands in communication, one row each.
 * The commands are found first, by a range on CRE_DTTM that prunes partitions by itself; a day is added because age
 * counts from START_DTTM. All else is joined to them and takes none away: a device without installation, account or
 * office leaves its columns empty. Where several would fit, the one that leads further is taken, then the one in effect
 * since the latest date. The product stores a blank where a value is missing: as a customer id it would lead to somebody
 * else's account and office.
 */
export function c2mCommands(parameters: BindValues): string {
  return inSchema(parameters, COMMANDS);
}

const COMMANDS = `
WITH command AS (
  SELECT /*+ MATERIALIZE */ a.D1_ACTIVITY_ID, a.START_DTTM
  FROM CISADM.D1_ACTIVITY a
  WHERE a.CRE_DTTM >= SYSDATE - :lookback_minutes / 1440 - 1
    AND a.BUS_OBJ_CD = :business_object
    AND a.BO_STATUS_CD = :status_in_progress
),
device AS (
  SELECT c.D1_ACTIVITY_ID, c.START_DTTM, meter.ID_VALUE AS METER_NUMBER, point.SRCH_CHAR_VAL AS CUSTOMER_ID,
    ROW_NUMBER() OVER (
      PARTITION BY c.D1_ACTIVITY_ID
      ORDER BY NVL2(meter.ID_VALUE, 0, 1), NVL2(point.SRCH_CHAR_VAL, 0, 1), NVL2(event.D1_SP_ID, 0, 1),
        config.DEVICE_CONFIG_ID DESC, meter.ID_VALUE, point.SRCH_CHAR_VAL
    ) AS CHOICE
  FROM command c
  LEFT JOIN CISADM.D1_ACTIVITY_REL_OBJ rel
    ON rel.D1_ACTIVITY_ID = c.D1_ACTIVITY_ID AND rel.MAINT_OBJ_CD = :device_object
  LEFT JOIN CISADM.D1_DVC_IDENTIFIER meter
    ON meter.D1_DEVICE_ID = TRIM(rel.PK_VALUE1) AND meter.DVC_ID_TYPE_FLG = :meter_number_type
    AND meter.ID_VALUE <> ' '
  LEFT JOIN CISADM.D1_DVC_CFG config
    ON config.D1_DEVICE_ID = TRIM(rel.PK_VALUE1)
  LEFT JOIN CISADM.D1_INSTALL_EVT event
    ON event.DEVICE_CONFIG_ID = config.DEVICE_CONFIG_ID AND event.D1_REMOVAL_DTTM IS NULL
  LEFT JOIN CISADM.D1_SP_CHAR point
    ON point.D1_SP_ID = event.D1_SP_ID AND point.CHAR_TYPE_CD = :customer_id_characteristic
    AND point.SRCH_CHAR_VAL <> ' '
),
account AS (
  SELECT d.D1_ACTIVITY_ID, d.START_DTTM, d.METER_NUMBER, d.CUSTOMER_ID, agreement.SA_ID, office.DESCR AS NOCS_NAME,
    ROW_NUMBER() OVER (
      PARTITION BY d.D1_ACTIVITY_ID
      ORDER BY NVL2(agreement.SA_ID, 0, 1), NVL2(office.DESCR, 0, 1), NVL2(place.EFFDT, 0, 1), place.EFFDT DESC,
        agreement.SA_ID DESC, NVL2(premise.EFFDT, 0, 1), premise.EFFDT DESC, office.DESCR
    ) AS CHOICE
  FROM device d
  LEFT JOIN CISADM.CI_SP_CHAR place
    ON place.CHAR_TYPE_CD = :customer_id_characteristic AND place.SRCH_CHAR_VAL = d.CUSTOMER_ID
    AND place.EFFDT <= SYSDATE
  LEFT JOIN CISADM.CI_SA_SP link
    ON link.SP_ID = place.SP_ID
  LEFT JOIN CISADM.CI_SA agreement
    ON agreement.SA_ID = link.SA_ID
    AND agreement.SA_TYPE_CD = :agreement_type AND agreement.SA_STATUS_FLG = :agreement_status
  LEFT JOIN CISADM.CI_ACCT owner
    ON owner.ACCT_ID = agreement.ACCT_ID
  LEFT JOIN CISADM.CI_PREM_CHAR premise
    ON premise.PREM_ID = owner.MAILING_PREM_ID AND premise.CHAR_TYPE_CD = :nocs_characteristic
    AND premise.EFFDT <= SYSDATE
  LEFT JOIN CISADM.CI_CHAR_VAL_L office
    ON office.CHAR_TYPE_CD = premise.CHAR_TYPE_CD AND office.CHAR_VAL = premise.CHAR_VAL
    AND office.LANGUAGE_CD = :language AND office.DESCR <> ' '
  WHERE d.CHOICE = 1
)
SELECT
  a.D1_ACTIVITY_ID AS COMMAND_ID,
  a.METER_NUMBER,
  a.NOCS_NAME,
  a.CUSTOMER_ID,
  (SELECT -SUM(ft.TOT_AMT) FROM CISADM.CI_FT ft WHERE ft.SA_ID = a.SA_ID) AS BALANCE,
  TO_CHAR(a.START_DTTM, 'YYYY-MM-DD"T"HH24:MI:SS') AS TRIGGERED_AT,
  ROUND((SYSDATE - a.START_DTTM) * 86400) AS ELAPSED_SECONDS
FROM account a
WHERE a.CHOICE = 1
`;

/**
 * A site's parameters over the defaults; every code is text, also one that looks like a number. Throws RcError 78 on one
 * that is empty, or that the built-in query does not know.
 */
export function c2mParameters(parameters: BindValues): BindValues {
  const values: Record<string, string> = { ...C2M_DEFAULTS };
  for (const [name, value] of Object.entries(parameters)) {
    const text = String(value).trim();
    if (!(name in C2M_DEFAULTS)) {
      const known = Object.keys(C2M_DEFAULTS).join(', ').toLowerCase();
      throw wrongParameter(`has ${name.toLowerCase()}, which the query c2m does not know; it knows ${known}`);
    }
    if (text === '') throw wrongParameter(`leaves ${name.toLowerCase()} empty`);
    values[name] = text;
  }
  if (!/^[a-z][\w$#]*$/i.test(values.SCHEMA ?? '')) {
    throw wrongParameter('has a schema that is no name of letters, digits, _, $ and #');
  }
  return values;
}

/** What became of up to MOST_IDS commands: columns COMMAND_ID and OUTCOME, a `Fate`; no row for an unknown id. */
export function c2mOutcomes(
  commandIds: readonly string[],
  parameters: BindValues,
): { readonly sql: string; readonly binds: BindValues } {
  const count = ID_COUNTS.find((size) => size >= commandIds.length) ?? MOST_IDS;
  const last = commandIds.at(-1) ?? '';
  const ids = Array.from(
    { length: count },
    (_, index) => [`ID_${index}`, commandIds[index] ?? last] as const,
  );
  const statuses = OUTCOME_BINDS.map((name) => [name, parameters[name] ?? C2M_DEFAULTS[name]] as const);
  const sql = `
SELECT a.D1_ACTIVITY_ID AS COMMAND_ID,
  CASE a.BO_STATUS_CD WHEN :status_completed THEN 'completed' WHEN :status_discarded THEN 'discarded'
    WHEN :status_in_progress THEN 'in-progress' ELSE 'stalled' END AS OUTCOME
FROM CISADM.D1_ACTIVITY a
WHERE a.D1_ACTIVITY_ID IN (${ids.map(([name]) => `:${name.toLowerCase()}`).join(', ')})
`;
  return { sql: inSchema(parameters, sql), binds: Object.fromEntries([...ids, ...statuses]) };
}

function inSchema({ SCHEMA }: BindValues, sql: string): string {
  return sql.replaceAll(`${C2M_DEFAULTS.SCHEMA}.`, `${SCHEMA ?? C2M_DEFAULTS.SCHEMA}.`);
}
