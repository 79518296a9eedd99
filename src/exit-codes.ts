/** What a scheduler sees. The numbers follow sysexits.h, whose names systemd prints. */
export const ExitCode = {
  OK: 0,
  FAILED: 1,
  UNKNOWN_FATE: 4,
  USAGE: 64,
  DATAERR: 65,
  UNAVAILABLE: 69,
  SOFTWARE: 70,
  CANTCREAT: 73,
  TEMPFAIL: 75,
  NOPERM: 77,
  CONFIG: 78,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const PRECEDENCE: readonly ExitCode[] = [
  ExitCode.USAGE,
  ExitCode.CONFIG,
  ExitCode.TEMPFAIL,
  ExitCode.CANTCREAT,
  ExitCode.SOFTWARE,
  ExitCode.NOPERM,
  ExitCode.UNAVAILABLE,
  ExitCode.DATAERR,
  ExitCode.UNKNOWN_FATE,
  ExitCode.FAILED,
];

/** Of several codes the one to exit with: the first that applies in the documented order, else 0. */
export function mostUrgentExitCode(codes: Iterable<ExitCode>): ExitCode {
  const present = new Set(codes);
  return PRECEDENCE.find((code) => present.has(code)) ?? ExitCode.OK;
}
