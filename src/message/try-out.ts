import type { Composer, Notice } from './composer.ts';
import { sampleNotices } from './sample.ts';

const WHEN = new Date('2025-01-02T11:00:00Z');

/** Every form a message can take, made once, so that a template fails here and not on a late meter. */
export function tryOut(composer: Composer): void {
  const samples = sampleNotices(WHEN);
  const widest = samples.map(asWideAsCanBe);
  for (const notice of [...samples, ...samples.map(bare), ...widest]) composer.single(notice, WHEN);

  const alerts = samples.filter((notice) => notice.durationStatus === 'ALERT');
  const oneOffice = samples.map((notice) => ({ ...notice, nocsName: 'NOCS Mugdapara' }));
  const severalParts = Array.from({ length: 30 }, () => widest).flat();
  for (const notices of [samples, alerts, oneOffice, samples.map(bare), severalParts])
    composer.digest(notices, WHEN);
}

function bare(notice: Notice): Notice {
  return { ...notice, nocsName: null, customerId: null, balance: null, triggeredAt: null };
}

function asWideAsCanBe(notice: Notice): Notice {
  return {
    ...notice,
    meterNumber: '9'.repeat(64),
    nocsName: 'ক্ষু'.repeat(80),
    customerId: '9'.repeat(64),
    balance: `-${'9'.repeat(30)}.99`,
  };
}
