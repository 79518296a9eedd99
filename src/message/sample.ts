import type { Notice } from './composer.ts';

const MINUTE = 60_000;

/** Late meters as they could stand in a real source: what `preview` shows and templates are tried on. */
export function sampleNotices(now: Date): Notice[] {
  const late = (
    durationMinutes: number,
  ): Pick<Notice, 'triggeredAt' | 'durationStatus' | 'durationMinutes'> => ({
    triggeredAt: now.getTime() - durationMinutes * MINUTE,
    durationStatus: durationMinutes >= 120 ? 'STUCK' : 'ALERT',
    durationMinutes,
  });
  return [
    {
      meterNumber: '01234567890',
      nocsName: 'NOCS Mugdapara',
      customerId: '10250417',
      balance: '1234.56',
      ...late(150),
    },
    {
      meterNumber: '01234567907',
      nocsName: 'NOCS Mugdapara',
      customerId: '10250988',
      balance: '-50.00',
      ...late(75),
    },
    {
      meterNumber: '00034567215',
      nocsName: 'এনওসিএস নারায়ণগঞ্জ পূর্ব',
      customerId: null,
      balance: '105200.5',
      ...late(1565),
    },
    {
      meterNumber: '00034567312',
      nocsName: null,
      customerId: null,
      balance: null,
      ...late(61),
      triggeredAt: null,
    },
  ];
}
