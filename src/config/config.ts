import type { OnceRule } from '../domain.ts';
import type { SourceField } from '../source/port.ts';

/** The effective configuration: defaults filled in, durations in milliseconds, paths absolute. */
export interface Config {
  readonly source: {
    readonly type: 'oracle' | 'file';
    readonly timezone: string;
    readonly oracle: OracleConfig;
    readonly file: { readonly path: string };
    /** Column names of the source that differ from the defaults. */
    readonly columns: Readonly<Partial<Record<SourceField, string>>>;
  };
  readonly rules: {
    readonly alertAfter: number;
    readonly stuckAfter: number;
    readonly ignoreAfter: number;
    readonly once: OnceRule;
    readonly maxAttempts: number;
    readonly onlyNocs: readonly string[];
  };
  readonly channel: 'whatsapp' | 'terminal';
  readonly groups: {
    readonly default: string | null;
    readonly byNocs: Readonly<Record<string, string>>;
  };
  readonly message: MessageConfig;
  readonly pace: PaceConfig;
  readonly whatsapp: {
    readonly browser: {
      readonly executablePath: string | null;
      readonly headless: boolean;
      readonly sandbox: boolean;
      readonly args: readonly string[];
    };
    readonly connectTimeout: number;
    readonly ackTimeout: number;
    readonly linkSettle: number;
    readonly keepAlive: number;
  };
  readonly state: {
    /** Absolute; resolved from the configuration, $STATE_DIRECTORY or the XDG state directory. */
    readonly directory: string;
    readonly retention: number;
  };
  readonly heartbeat: { readonly url: string | null };
}

export interface OracleConfig {
  readonly connectString: string | null;
  readonly user: string | null;
  readonly passwordFile: string | null;
  readonly query: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly lookback: number;
  readonly connectTimeout: number;
  readonly callTimeout: number;
  readonly configDir: string | null;
  readonly walletDirectory: string | null;
}

export interface MessageConfig {
  readonly footer: string;
  readonly timezone: string;
  readonly currency: string;
  readonly currencyGrouping: 'western' | 'indian';
  /** Absolute path of a Liquid file; null = the built-in text. */
  readonly template: string | null;
}

export interface PaceConfig {
  readonly minGap: number;
  readonly maxGap: number;
  readonly perGroupGap: number;
  /** Messages in one scan. */
  readonly perScan: number;
  /** Messages handed over in any 24 hours. */
  readonly perDay: number;
  /** More unsettled notifications than this for one group become one digest. */
  readonly digestAbove: number;
  /** From process start, everything included. */
  readonly deadline: number;
}
