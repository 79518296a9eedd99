const DAY_MS = 24 * 60 * 60 * 1000;
/** WhatsApp drops a linked device that did not connect for so long: https://faq.whatsapp.com/378279804439436 */
const LAPSES_AFTER_DAYS = 30;
const WARN_AFTER_DAYS = 14;

export interface LinkAge {
  /** Whole days since the last connection. */
  readonly unusedDays: number;
  /** UTC, ISO 8601. */
  readonly lapsesAt: string;
  /** Whole days until then; negative = it has most likely lapsed. */
  readonly daysLeft: number;
  readonly isLongUnused: boolean;
}

/** How long a link was not used, and when it lapses if it is not. */
export function linkAge(lastConnectedAt: string, now: Date): LinkAge {
  const lapses = Date.parse(lastConnectedAt) + LAPSES_AFTER_DAYS * DAY_MS;
  const unusedDays = Math.max(0, Math.floor((now.getTime() - Date.parse(lastConnectedAt)) / DAY_MS));
  return {
    unusedDays,
    lapsesAt: new Date(lapses).toISOString(),
    daysLeft: Math.floor((lapses - now.getTime()) / DAY_MS),
    isLongUnused: unusedDays >= WARN_AFTER_DAYS,
  };
}
