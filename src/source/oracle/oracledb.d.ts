/** The parts of node-oracledb that are used here; it brings no types of its own. */
declare module 'oracledb' {
  export interface DbType {
    readonly num: number;
  }

  export interface Metadata {
    readonly name: string;
    /** As a column definition spells it: `VARCHAR2`, `TIMESTAMP WITH TIME ZONE`. */
    readonly dbTypeName: string;
  }

  export interface ResultSet {
    getRows(count: number): Promise<unknown[][]>;
    close(): Promise<void>;
  }

  export type Bind = number | { readonly type: DbType; readonly val: string };

  export interface ExecuteOptions {
    readonly resultSet?: boolean;
    readonly prefetchRows?: number;
    readonly fetchArraySize?: number;
    readonly fetchTypeHandler?: (metadata: Metadata) => { readonly type: DbType };
  }

  export interface Connection {
    /** Set where the logon went well but the server has something to say, such as ORA-28002. */
    readonly warning?: Error & { readonly errorNum?: number };
    /** `19.3.0.0.0`, as told at the logon. */
    readonly oracleServerVersionString: string;
    execute(
      sql: string,
      binds?: Readonly<Record<string, Bind>>,
      options?: ExecuteOptions,
    ): Promise<{ readonly resultSet?: ResultSet }>;
    /** Parses only; no binds are needed. */
    getStatementInfo(sql: string): Promise<{ readonly metaData?: readonly Metadata[] }>;
    breakExecution(): Promise<void>;
    close(): Promise<void>;
  }

  export interface ConnectionAttributes {
    readonly user: string;
    readonly password: string;
    readonly connectString: string;
    readonly configDir?: string;
    readonly walletLocation?: string;
    readonly expireTime?: number;
  }

  interface Oracledb {
    readonly DB_TYPE_CHAR: DbType;
    readonly STRING: DbType;
    getConnection(attributes: ConnectionAttributes): Promise<Connection>;
  }

  const oracledb: Oracledb;
  export default oracledb;
}
