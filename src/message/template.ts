import { readFile, stat } from 'node:fs/promises';
import { Liquid, LiquidError, type Template, type Variable } from 'liquidjs';
import { messageOf, RcError } from '../errors.ts';
import type { DigestFields, MeterFields, Wording } from './fields.ts';
import { templateError } from './template-error.ts';

/** Far more than a message needs, so that neither a file nor a loop can hang or fill the program. */
const LIMITS = { parseLimit: 65_536, renderLimit: 1_000, memoryLimit: 1_000_000 };
/** They read other files, which a message has no need of. */
const FILE_TAGS = ['include', 'render', 'layout', 'block'];

const METER_NAMES = [
  'number',
  'meter',
  'nocs',
  'customer',
  'status',
  'duration',
  'hours',
  'minutes',
  'triggered',
  'balance',
] as const satisfies readonly (keyof MeterFields)[];
const MESSAGE_NAMES = ['digest', 'meters', 'total', 'stuck', 'alert', 'part', 'parts', 'generated', 'footer'];
const LIST_NAMES = ['size', 'first', 'last'];
const LOOP_NAMES = ['index', 'index0', 'rindex', 'rindex0', 'length', 'parentloop', 'name'];
const TABLE_NAMES = ['col', 'col0', 'col_first', 'col_last', 'row'];

const KNOWN = new Set<string>([...METER_NAMES, ...MESSAGE_NAMES]);
const TEXT_PROPERTIES = new Set<string>(['size']);
const METER_PROPERTIES = new Set<string>([...METER_NAMES, ...LIST_NAMES]);
/** What a template's own names stand for is not known before it runs: a meter, a list or a loop. */
const LOCAL_PROPERTIES = new Set<string>([...METER_PROPERTIES, ...LOOP_NAMES, ...TABLE_NAMES]);

/**
 * Messages worded by the Liquid file at `path`. One file words both kinds:
 * - always: `digest` (true or false), `generated`, `footer`, and the counts `total`, `stuck`, `alert`
 *   (of the whole digest), `part`, `parts`;
 * - `meters`: those of this part, each with `number` (its line, from 1 over all parts), `meter`, `nocs`,
 *   `customer`, `status` (ALERT or STUCK), `duration` (`2h 30m`; also as `hours` and `minutes`), `triggered`,
 *   `balance`; `customer`, `triggered` and `balance` are nil where missing;
 * - the same ten names at top level for a single meter. In a digest they are nil, but for `nocs`: nil only
 *   where there are several.
 *
 * Throws RcError 78 `ERR_RC_TEMPLATE` for an unreadable file, a syntax error, an unknown variable, filter or
 * tag (in branches not taken too); the wording's functions throw it for what only rendering can tell.
 */
export async function templateWording(path: string, footer: string): Promise<Wording> {
  const engine = new Liquid({ strictVariables: true, strictFilters: true, ownPropertyOnly: true, ...LIMITS });
  for (const tag of FILE_TAGS) delete engine.tags[tag];
  // Filters such as where_exp hide variables in a string, where no analysis finds an unknown one.
  for (const filter of Object.keys(engine.filters))
    if (filter.endsWith('_exp')) delete engine.filters[filter];

  const source = await readTemplate(path);
  const template = explained(path, () => engine.parse(source, path));
  explained(path, () => refuseUnknownNames(engine, template, path));
  const render = (scope: object): string =>
    sendable(
      path,
      explained(path, () => String(engine.renderSync(template, { ...scope, footer }))),
    );
  return {
    single: (meter, generated) => render(singleScope(meter, generated)),
    digest: (part) => render(digestScope(part)),
  };
}

function singleScope(meter: MeterFields, generated: string): object {
  const stuck = meter.status === 'STUCK' ? 1 : 0;
  const counts = { total: 1, stuck, alert: 1 - stuck, part: 1, parts: 1 };
  return { ...meter, ...counts, digest: false, meters: [meter], generated };
}

function digestScope(part: DigestFields): object {
  const absent = Object.fromEntries(METER_NAMES.map((name) => [name, null]));
  return { ...absent, ...part, digest: true };
}

async function readTemplate(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new Error('it is not a file');
    if (found.size > LIMITS.parseLimit) throw new Error(`it is larger than ${LIMITS.parseLimit} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    throw templateError(path, null, `it can not be read: ${messageOf(error)}`, error);
  }
}

function refuseUnknownNames(engine: Liquid, template: Template[], path: string): void {
  const { variables, globals } = engine.analyzeSync(template, { partials: false });
  const fromOutside = new Set(Object.values(globals).flat());
  for (const variable of Object.values(variables).flat()) {
    const fault = unknownName(variable, fromOutside.has(variable));
    if (fault !== null) throw templateError(path, variable.location.row, `unknown variable ${fault}`);
  }
}

/** The variable as written, where the message offers nothing of that name; else null. */
function unknownName(variable: Variable, fromOutside: boolean): string | null {
  const [root, ...properties] = variable.segments;
  if (fromOutside && !(typeof root === 'string' && KNOWN.has(root))) return String(variable);
  const ofMeters = root === 'meters' ? METER_PROPERTIES : TEXT_PROPERTIES;
  const allowed = fromOutside ? ofMeters : LOCAL_PROPERTIES;
  const known = properties.every((property) => typeof property !== 'string' || allowed.has(property));
  return known ? null : String(variable);
}

/** What the template made, without blank lines around it; refused where nothing is left. */
function sendable(path: string, rendered: string): string {
  // Far too long = not even trimmed: a template can build a text of hundreds of megabytes.
  const text = rendered.length > LIMITS.memoryLimit ? rendered : rendered.replace(/\r\n?/g, '\n').trim();
  if (text === '') throw templateError(path, null, 'it makes an empty message');
  return text;
}

/** Runs one step of liquidjs and tells its errors as the user's. */
function explained<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof RcError) throw error;
    if (!(error instanceof LiquidError)) throw templateError(path, null, messageOf(error), error);
    const [line] = error.token.getPosition();
    const reason = (error.originalError?.message ?? error.message).replace(/, (?:file|line):.*$/s, '');
    throw templateError(path, line ?? null, reason, error);
  }
}
