import { createRequire } from 'node:module';

/** The part of node-oracledb that the stand-in is checked with; the package has no types of its own. */
interface Driver {
  readonly STRING: unknown;
  getConnection(options: {
    user: string;
    password: string;
    connectString: string;
    connectTimeout?: number;
    sdu?: number;
    stmtCacheSize?: number;
  }): Promise<Connection>;
}

export interface ExecuteOptions {
  resultSet?: boolean;
  prefetchRows?: number;
  fetchArraySize?: number;
  fetchTypeHandler?: (column: { name: string; dbTypeName: string }) => object | undefined;
}

interface ResultSet {
  getRows(count: number): Promise<unknown[][]>;
  close(): Promise<void>;
}

export interface Connection {
  callTimeout: number;
  module: string;
  action: string;
  currentSchema: string;
  readonly warning: (Error & { errorNum: number }) | undefined;
  readonly oracleServerVersionString: string;
  readonly transactionInProgress: boolean;
  execute(
    sql: string,
    binds?: Record<string, unknown> | unknown[],
    options?: ExecuteOptions,
  ): Promise<{
    metaData: { name: string; dbTypeName: string; byteSize?: number; precision?: number; scale?: number }[];
    rows: unknown[][];
    resultSet: ResultSet;
  }>;
  getStatementInfo(sql: string): Promise<{ metaData: { name: string }[]; bindNames: string[] }>;
  ping(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  breakExecution(): Promise<void>;
  close(): Promise<void>;
}

export const driver = createRequire(import.meta.url)('oracledb') as Driver;
