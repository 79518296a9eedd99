import { profileOf } from '../channel/whatsapp/profile.ts';
import type { CommandContext } from '../commands/context.ts';
import type { Config } from '../config/config.ts';
import { driftOf } from '../health/drift.ts';
import { readTimer, type Timer } from '../health/timer.ts';
import type { Runtime } from '../runtime.ts';
import { checkClock } from './clock.ts';
import { checkConfiguration } from './configuration.ts';
import { checkConnections } from './connect.ts';
import { type Finding, skipped } from './finding.ts';
import { checkLedger } from './ledger.ts';
import { checkLock } from './lock.ts';
import { checkChromium, checkNode } from './programs.ts';
import { checkRouting } from './routing.ts';
import { checkSecrets } from './secrets.ts';
import { checkSource } from './source.ts';
import { checkOwner, checkState } from './state.ts';
import { checkServiceState, checkTimer } from './timer.ts';
import { checkLink } from './whatsapp.ts';
import { checkWork } from './work.ts';

const OF_THE_STATE = ['ledger', 'lock'];
const OF_THE_SIDES = ['chromium', 'whatsapp', 'source'];
const OF_THE_LEDGER = ['last scan', 'waiting', 'unknown fate', 'routing'];

/** Looks at every part in order, telling each as soon as it is known. Changes nothing but with `connect`. */
export async function* examine(
  context: CommandContext,
  connect: boolean,
  runtime: Runtime,
): AsyncGenerator<Finding> {
  const { io, clock } = context;
  const { loaded, findings } = await checkConfiguration(context);
  yield* findings;
  const timer = await readTimer(io.env);
  if (loaded === null) {
    yield* skipAll(['secrets', 'state', ...OF_THE_STATE], WITHOUT_CONFIGURATION);
    yield* withoutState(context, timer, 'UTC', WITHOUT_CONFIGURATION);
    return;
  }
  const { config } = loaded;
  yield* checkServiceState(loaded, timer);
  yield* await checkSecrets(config, io.env, timer?.isInstalled === true);
  const stranger = checkOwner(config.state.directory);
  if (stranger !== null) {
    yield stranger;
    yield* skipAll(OF_THE_STATE, WITHOUT_STATE);
    yield* withoutState(context, timer, config.message.timezone, WITHOUT_STATE);
    return;
  }
  yield* withState(config, context, { connect, runtime, timer, now: clock.now() });
}

const WITHOUT_CONFIGURATION = 'looked at once the configuration is right';
const WITHOUT_STATE = 'looked at once the state can be used';

interface Examination {
  readonly connect: boolean;
  readonly runtime: Runtime;
  readonly timer: Timer | null;
  readonly now: Date;
}

async function* withState(
  config: Config,
  context: CommandContext,
  { connect, runtime, timer, now }: Examination,
): AsyncGenerator<Finding> {
  const { directory } = config.state;
  const { timezone } = config.message;
  yield* checkState(directory);
  const machineId = await runtime.machineId();
  const before = checkLedger(config, machineId, now);
  yield* before.findings;
  const { finding: lock, isScanRunning } = checkLock(directory, config.pace.deadline, now);
  yield lock;
  yield checkNode();
  yield await checkChromium(config, context);
  yield checkLink(config, profileOf(directory).exists(), before.overview?.link ?? null, now);
  const sides = connect
    ? await checkConnections(config, context, runtime)
    : await checkSource(config, context, false);
  yield* sides;
  // Connecting looks at the groups anew.
  const { overview } = connect ? checkLedger(config, machineId, now) : before;
  yield await checkClock(overview, now, context.io.env);
  yield* checkTimer(timer, timezone);
  if (overview === null) {
    yield* skipAll(OF_THE_LEDGER, 'looked at once the ledger can be read');
    return;
  }
  const answersNow = connect && sides.every(({ status }) => status !== 'failure');
  yield* checkWork(overview, { timezone, now, isScanRunning, answersNow });
  yield* checkRouting(driftOf(config, overview), timezone);
}

/** What can be looked at without configuration and state. */
async function* withoutState(
  { io, clock }: CommandContext,
  timer: Timer | null,
  timezone: string,
  why: string,
): AsyncGenerator<Finding> {
  yield checkNode();
  yield* skipAll(OF_THE_SIDES, why);
  yield await checkClock(null, clock.now(), io.env);
  yield* checkTimer(timer, timezone);
  yield* skipAll(OF_THE_LEDGER, why);
}

function skipAll(names: readonly string[], why: string): Finding[] {
  return names.map((name) => skipped(name, why));
}
