import { expect, it } from 'vitest';
import { sampleNotices } from './sample.ts';

const NOW = new Date('2025-01-02T11:00:00Z');

it('samples are late by their own times, STUCK and ALERT, with and without what may be missing', () => {
  const notices = sampleNotices(NOW);
  for (const { triggeredAt, durationMinutes, durationStatus } of notices) {
    if (triggeredAt !== null) expect(NOW.getTime() - triggeredAt).toBe(durationMinutes * 60_000);
    expect(durationStatus).toBe(durationMinutes >= 120 ? 'STUCK' : 'ALERT');
    expect(durationMinutes).toBeGreaterThanOrEqual(60);
  }
  expect(new Set(notices.map((notice) => notice.durationStatus))).toEqual(new Set(['STUCK', 'ALERT']));
  for (const field of ['nocsName', 'customerId', 'balance', 'triggeredAt'] as const) {
    expect(notices.some((notice) => notice[field] === null)).toBe(true);
    expect(notices.some((notice) => notice[field] !== null)).toBe(true);
  }
});
