import { formatDuration, parseDuration } from '../duration.ts';
import type { KeyPath } from './key-path.ts';
import { foldNocs } from './nocs.ts';
import type { Settings } from './schema.ts';

/** A contradiction between values that are right each by itself. */
export interface Contradiction {
  /** The keys that contradict each other, the one to name first; never empty. */
  readonly between: readonly [KeyPath, ...KeyPath[]];
  /** Keys that decide whether there is a contradiction at all. */
  readonly given: readonly KeyPath[];
  readonly message: string;
}

type Rule = (settings: Settings) => Contradiction[];

/** What the schema can not say because it looks at one value at a time. */
export function contradictions(settings: Settings): Contradiction[] {
  return RULES.flatMap((rule) => rule(settings));
}

const RULES: readonly Rule[] = [
  lateLimitsRise,
  gapsFit,
  aScanFitsItsDeadline,
  whatsappHasAGroup,
  oneGroupPerNocs,
  oracleCanLogIn,
  lookbackCoversWhatIsTold,
];

/** Node starts and a file is read in it: a sum without it leaves no moment at which a send may begin. */
const STARTING_TIME = '1s';
/** Time kept free after the last ack to settle and close. */
const CLOSING_TIME = '30s';

function lateLimitsRise({ rules }: Settings): Contradiction[] {
  const { alertAfter, stuckAfter, ignoreAfter } = rules;
  const found: Contradiction[] = [];
  if (ms(alertAfter) > ms(stuckAfter)) {
    found.push({
      between: keys('rules.alertAfter', 'rules.stuckAfter'),
      given: [],
      message: `rules.alertAfter (${alertAfter}) must not be longer than rules.stuckAfter (${stuckAfter})`,
    });
  }
  if (ms(stuckAfter) >= ms(ignoreAfter)) {
    found.push({
      between: keys('rules.ignoreAfter', 'rules.stuckAfter'),
      given: [],
      message: `rules.ignoreAfter (${ignoreAfter}) must be longer than rules.stuckAfter (${stuckAfter})`,
    });
  }
  return found;
}

function gapsFit({ pace: { minGap, maxGap } }: Settings): Contradiction[] {
  if (ms(minGap) <= ms(maxGap)) return [];
  return [
    {
      between: keys('pace.minGap', 'pace.maxGap'),
      given: [],
      message: `pace.minGap (${minGap}) must not be longer than pace.maxGap (${maxGap})`,
    },
  ];
}

function aScanFitsItsDeadline({ source, channel, whatsapp, pace }: Settings): Contradiction[] {
  const parts: [name: string, duration: string][] = [];
  if (source.type === 'oracle') {
    parts.push(['source.oracle.connectTimeout', source.oracle.connectTimeout]);
    parts.push(['source.oracle.callTimeout', source.oracle.callTimeout]);
  }
  if (channel === 'whatsapp') parts.push(['whatsapp.connectTimeout', whatsapp.connectTimeout]);
  parts.push(['whatsapp.ackTimeout', whatsapp.ackTimeout]);

  const own = ms(STARTING_TIME) + ms(CLOSING_TIME);
  const sum = parts.reduce((total, [, duration]) => total + ms(duration), own);
  if (sum <= ms(pace.deadline)) return [];
  const shown = [
    ...parts.map(([name, duration]) => `${name} ${duration}`),
    `${STARTING_TIME} to start`,
    `${CLOSING_TIME} to close`,
  ].join(' + ');
  return [
    {
      between: keys('pace.deadline', ...parts.map(([name]) => name)),
      given: keys('source.type', 'channel'),
      message: `pace.deadline (${pace.deadline}) must be at least ${formatDuration(sum)} = ${shown}`,
    },
  ];
}

function whatsappHasAGroup({ channel, groups }: Settings): Contradiction[] {
  if (channel !== 'whatsapp' || groups.default !== null || Object.keys(groups.byNocs).length > 0) return [];
  return [
    {
      between: keys('groups', 'channel'),
      given: [],
      message: 'channel whatsapp needs groups.default, or a name in groups.byNocs, to send to',
    },
  ];
}

function oneGroupPerNocs({ groups }: Settings): Contradiction[] {
  const first = new Map<string, string>();
  return Object.entries(groups.byNocs).flatMap(([name, groupId]) => {
    const earlier = first.get(foldNocs(name));
    if (earlier === undefined) {
      first.set(foldNocs(name), name);
      return [];
    }
    const same = groups.byNocs[earlier] === groupId;
    const message = `is the same NOCS as ${JSON.stringify(earlier)}${same ? '' : ', with another group'}`;
    return [{ between: [['groups', 'byNocs', name]], given: [['groups', 'byNocs', earlier]], message }];
  });
}

function oracleCanLogIn({ source }: Settings): Contradiction[] {
  if (source.type !== 'oracle') return [];
  return (['connectString', 'user'] as const)
    .filter((key) => source.oracle[key] === null)
    .map((key) => ({
      between: keys(`source.oracle.${key}`),
      given: keys('source.type'),
      message: 'must be set where source.type is oracle (the default)',
    }));
}

/** A command outside the look-back is not read: it would vanish while it may still have to be told. */
function lookbackCoversWhatIsTold({ source, rules }: Settings): Contradiction[] {
  const { lookback } = source.oracle;
  if (source.type !== 'oracle' || ms(lookback) >= ms(rules.ignoreAfter)) return [];
  return [
    {
      between: keys('source.oracle.lookback', 'rules.ignoreAfter'),
      given: keys('source.type'),
      message: `source.oracle.lookback (${lookback}) must not be shorter than rules.ignoreAfter (${rules.ignoreAfter})`,
    },
  ];
}

function keys(first: string, ...others: string[]): [KeyPath, ...KeyPath[]] {
  return [first.split('.'), ...others.map((path) => path.split('.'))];
}

/** The schema has let through nothing but durations. */
function ms(duration: string): number {
  return parseDuration(duration) ?? Number.NaN;
}
