import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { createRouter, foldNocs, type Route } from '../config/nocs.ts';
import { ExitCode } from '../exit-codes.ts';
import { createComposer } from '../message/compose.ts';
import { withDeadline } from '../scan/within.ts';
import { openSource } from '../source/open.ts';
import { escapeControls } from '../terminal/visible.ts';
import type { CommandContext } from './context.ts';
import { type Found, findInLedger, findInSource, findSamples } from './preview-notices.ts';
import { type PreviewOptions, type PreviewRequest, readPreviewOptions } from './preview-options.ts';

/**
 * Shows the message of a sample, or of a meter of the ledger or else of the source. Sends and writes nothing.
 * Throws RcError: 64 for wrong options, 78 for a wrong configuration or template, 73 for an unreadable ledger, 1 where
 * nobody knows the meter, and what the source throws.
 */
export async function preview(context: CommandContext, options: PreviewOptions): Promise<ExitCode> {
  const { io, log, clock, configPath } = context;
  const request = readPreviewOptions(options);
  const { config } = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  const composer = await createComposer(config.message);
  const { origin, notices, remarks } = await find(context, config, request);
  const messages =
    request.digest === null
      ? [composer.single(notices[0], clock.now())]
      : composer.digest(notices, clock.now()).map(({ text }) => text);
  const { nocsName } = notices[0];
  const route = createRouter(config.groups)(nocsName);
  if (options.json === true) {
    const result = { origin, nocsName, groupId: route.groupId, routedBy: route.by, messages };
    io.stdout.write(`${escapeControls(JSON.stringify(result))}\n`);
    return ExitCode.OK;
  }
  io.stdout.write(`${messages.join('\n\n')}\n`);
  for (const remark of [...remarks, whereTo(route, nocsName, config)]) log.info(remark);
  return ExitCode.OK;
}

async function find(context: CommandContext, config: Config, request: PreviewRequest): Promise<Found> {
  const { meter } = request;
  const { clock } = context;
  const now = clock.now();
  if (meter === null) return findSamples(request, now);
  const recorded = findInLedger(config, meter, request, now);
  if (recorded !== null) return recorded;
  const source = await openSource(config, context);
  const limit = now.getTime() + config.pace.deadline;
  return withDeadline(clock, limit, new AbortController().signal, (signal) =>
    findInSource(source, config, meter, request, now, signal),
  );
}

function whereTo({ groupId, by }: Route, nocsName: string | null, { rules }: Config): string {
  const office = nocsName ?? 'without an office';
  const pilot = rules.onlyNocs.map(foldNocs);
  if (pilot.length > 0 && !pilot.includes(foldNocs(nocsName ?? ''))) {
    return `It would not be sent: rules.onlyNocs leaves ${office} alone.`;
  }
  if (groupId === null) {
    return `It would wait: neither groups.byNocs nor groups.default has a group for ${office}.`;
  }
  const because = by === 'nocs' ? 'groups.byNocs' : 'groups.default';
  return `It would go to group ${groupId} (${because}). Nothing was sent.`;
}
