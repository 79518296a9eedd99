import { accessSync, constants, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ExitCode } from '../exit-codes.ts';
import { giveTo } from '../users.ts';
import { type Finding, failure } from './finding.ts';

/** What rc-notify makes; a lost+found, say, or a copy by hand is not its own. */
const OURS = /^(ledger\.db(-\w+)?|scan\.lock(-\w+|\.holder)?|whatsapp)$/;
const PROFILE = 'whatsapp';
const MOST_NAMED = 3;

/** What another user, root mostly, made in the state directory, and this one can not write. */
export function checkStrays(name: string, directory: string): Finding[] {
  const uid = process.geteuid?.();
  if (uid === undefined) return [];
  const ours = readdirSync(directory).filter((file) => OURS.test(file));
  const foreign = [...ours, ...filesOfProfile(directory)].filter((file) =>
    isForeign(join(directory, file), uid),
  );
  if (foreign.length === 0) return [];
  const rest = foreign.length - MOST_NAMED;
  const names = `${foreign.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const detail = `In ${directory} another user made what this one can not write: ${names}.`;
  return [failure(name, detail, giveTo(uid, directory), ExitCode.CANTCREAT)];
}

function filesOfProfile(directory: string): string[] {
  try {
    return readdirSync(join(directory, PROFILE)).map((file) => join(PROFILE, file));
  } catch {
    return [];
  }
}

function isForeign(path: string, uid: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.uid === uid) return false;
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch {
    return true;
  }
}
