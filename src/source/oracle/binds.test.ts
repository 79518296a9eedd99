import { expect, it } from 'vitest';
import { configWith } from '../../scan/testing.ts';
import { chooseBinds, givenBinds, parametersOf } from './binds.ts';

const { oracle } = configWith().source;
const refusal = (message: RegExp) =>
  expect.objectContaining({ exitCode: 78, message: expect.stringMatching(message) });

it('the limits of the configuration are given in minutes', () => {
  expect(givenBinds(90_000, { ...oracle, lookback: 3_600_000 })).toEqual({
    ALERT_MINUTES: 1.5,
    LOOKBACK_MINUTES: 60,
  });
});

it('only binds that are used are given, and one that nobody gives is named', () => {
  const values = { SITE: 'A', OTHER: 1 };
  expect(chooseBinds(new Set(['SITE']), values, 'own.sql')).toEqual({ SITE: 'A' });
  expect(() => chooseBinds(new Set(['SITE', 'AREA', 'ZONE']), values, 'own.sql')).toThrow(
    refusal(/own\.sql uses :area, :zone, which nobody gives/),
  );
});

it('a parameter is known in any case, once, and is no limit of the configuration', () => {
  expect(parametersOf({ ...oracle, parameters: { Site: 'A' } })).toEqual({ SITE: 'A' });
  expect(() => parametersOf({ ...oracle, parameters: { site: 'A', SITE: 'B' } })).toThrow(
    refusal(/:site twice/),
  );
  expect(() => parametersOf({ ...oracle, parameters: { Alert_Minutes: 5 } })).toThrow(
    refusal(/:alert_minutes/),
  );
});
