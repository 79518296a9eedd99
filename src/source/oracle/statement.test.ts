import { describe, expect, it } from 'vitest';
import { readStatement } from './statement.ts';

const bindsOf = (sql: string) => [...readStatement(sql, 'own.sql').binds];

describe('an own query is run', () => {
  it.each([
    'SELECT 1 FROM dual',
    '\ufeff  -- first; a comment\n/* and; another */ select 1 from dual;',
    'SELECT 1 FROM dual; -- the end\n /* ; */ ',
    'WITH a AS (SELECT 1 FROM dual) SELECT * FROM a',
    '(SELECT 1 FROM dual) UNION ALL (SELECT 2 FROM dual)',
    "SELECT 'it''s; DELETE' FROM dual",
    "SELECT q'[it's; fine]', Q'{;}', nq'(;)', q'<;>', q'!;'!' FROM dual",
    'SELECT "a;b" FROM dual',
    "SELECT '-- no comment' FROM dual -- but 'this",
    "SELECT '/*' FROM dual WHERE '*/' = ';'",
    'SELECT "FOR", update_dttm FROM t',
  ])('where it is a single SELECT or WITH: %s', (sql) => {
    expect(() => readStatement(sql, 'own.sql')).not.toThrow();
  });

  it('without the semicolon at its end, and otherwise as it was written', () => {
    expect(readStatement("SELECT ';' /*+ HINT */ FROM t ; -- done", 'own.sql').text).toBe(
      "SELECT ';' /*+ HINT */ FROM t ",
    );
  });
});

describe('an own query is refused', () => {
  it.each([
    ['', /it is empty/],
    ['-- nothing\n', /it is empty/],
    [';', /it is empty/],
    ['UPDATE t SET a = 1', /does not begin with SELECT or WITH/],
    ['BEGIN NULL; END;', /more than one statement/],
    ['SELECT 1 FROM a; DROP TABLE b', /more than one statement/],
    ['SELECT 1 FROM a;;', /more than one statement/],
    ['SELECT 1 FROM a;\n/', /more than one statement/],
    ["SELECT q'[a]' FROM a; DELETE FROM b --]'", /more than one statement/],
    ['SELECT /* /* */ 1 FROM a; DELETE FROM b /* */', /more than one statement/],
    ['/* SELECT */ DELETE FROM t', /does not begin with SELECT or WITH/],
    ['WITH FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM dual', /statement|function/],
    ['WITH FUNCTION f', /declares a function/],
    ['SELECT * FROM t FOR /* x */ UPDATE', /FOR UPDATE locks rows/],
    ["SELECT 'open FROM t", /begins with ' does not end/],
    ['SELECT "open FROM t', /begins with " does not end/],
    ["SELECT q'[open]x' FROM t", /q'\.\.\.' does not end/],
    ['SELECT 1 /* open', /a comment does not end/],
    ['SELECT * FROM t WHERE a = :1', /:1 is no name/],
  ])('%s', (sql, why) => {
    expect(() => readStatement(sql, 'own.sql')).toThrow(
      expect.objectContaining({ exitCode: 78, message: expect.stringMatching(why) }),
    );
  });
});

it('binds are found outside texts and comments, by name, in any case, once', () => {
  const sql = `SELECT ':no', "x:no", q'[:no]', JSON_OBJECT('k':no, 'l' : 1) /* :no */ FROM t -- :no
    WHERE x = : Area AND a >= SYSDATE-:Lookback_Minutes/1440 AND b=:site AND c = :SITE AND d = '12:30' AND e = :ALERT_minutes`;
  expect(bindsOf(sql)).toEqual(['AREA', 'LOOKBACK_MINUTES', 'SITE', 'ALERT_MINUTES']);
});
