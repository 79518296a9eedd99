import type { LateStatus } from '../domain.ts';
import type { DigestFields, MeterFields, Wording } from './fields.ts';

const RULE = '━'.repeat(17);
const SINGLE_HEAD: Readonly<Record<LateStatus, string>> = {
  STUCK: '🚨 URGENT: RC METER STUCK 🚨',
  ALERT: '⚠️ ALERT: RC METER DELAYED ⚠️',
};
const ACTION: Readonly<Record<LateStatus, string>> = {
  STUCK: 'Requires physical connection - manual intervention needed',
  ALERT: 'Remote connection delayed - monitor and prepare for manual intervention',
};

/** The text DPDC asked for; `footer` ends every message. */
export function builtInWording(footer: string): Wording {
  return {
    single: (meter, generated) =>
      blocks([
        [SINGLE_HEAD[meter.status]],
        [
          `📍 NOCS: ${meter.nocs}`,
          `🔢 Meter: ${meter.meter}`,
          meter.customer && `👤 Customer: ${meter.customer}`,
        ],
        [
          `⏱️ Status: ${meter.status}`,
          `⌛ Duration: ${meter.duration}`,
          meter.triggered && `🕒 Triggered: ${meter.triggered}`,
        ],
        [meter.balance && `💰 Balance: ${meter.balance}`],
        ...end(meter.status, generated, footer),
      ]),
    digest: (part) =>
      blocks([
        [digestHead(part)],
        [`📍 NOCS: ${part.nocs ?? 'several'}`, counts(part)],
        part.meters.map((meter) => digestLine(meter, part.nocs === null)),
        ...end(part.stuck > 0 ? 'STUCK' : 'ALERT', part.generated, footer),
      ]),
  };
}

function digestHead({ total, stuck, part, parts }: DigestFields): string {
  const head = stuck > 0 ? `🚨 URGENT: ${total} RC METERS LATE 🚨` : `⚠️ ALERT: ${total} RC METERS DELAYED ⚠️`;
  return parts > 1 ? `${head} (${part}/${parts})` : head;
}

function counts({ stuck, alert }: DigestFields): string {
  return [stuck > 0 && `🚨 STUCK ${stuck}`, alert > 0 && `⚠️ ALERT ${alert}`].filter(Boolean).join(' · ');
}

function digestLine(meter: MeterFields, severalNocs: boolean): string {
  const fields = [
    meter.meter,
    severalNocs && meter.nocs,
    meter.status,
    meter.duration,
    meter.customer,
    meter.balance,
  ];
  return `${meter.number}. ${fields.filter(Boolean).join(' · ')}`;
}

function end(status: LateStatus, generated: string, footer: string): (string | null)[][] {
  return [
    ['⚠️ Action Required:', ACTION[status]],
    [`Generated: ${generated}`, RULE, footer],
  ];
}

/** Blocks of lines with a blank line between them; empty lines, and blocks of nothing else, are dropped. */
function blocks(all: readonly (readonly (string | null)[])[]): string {
  return all
    .map((lines) => lines.filter(Boolean).join('\n'))
    .filter(Boolean)
    .join('\n\n');
}
