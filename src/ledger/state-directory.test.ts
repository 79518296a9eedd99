import { chownSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { giveTo } from '../users.ts';
import { ledgerPath, refuseForeignOwner } from './state-directory.ts';

test('a ledger of root in the own directory, restored with cp, say, is told with the line that mends it', () => {
  const state = mkdtempSync(join(tmpdir(), 'rc-notify-state-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  if (process.geteuid?.() === 0) chownSync(state, 1, 1);
  // A file of root's that every user can put there.
  symlinkSync('/etc/passwd', ledgerPath(state));
  const { uid } = statSync(state);
  expect(() => refuseForeignOwner(state, uid)).toThrow(
    expect.objectContaining({
      code: 'ERR_RC_LEDGER_OWNER',
      hint: `The directory is yours, ${ledgerPath(state)} is not: ${giveTo(uid, ledgerPath(state))}`,
    }),
  );
});
