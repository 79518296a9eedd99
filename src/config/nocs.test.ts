import { describe, expect, test } from 'vitest';
import { createRouter, foldNocs } from './nocs.ts';

describe('NOCS names', () => {
  test.each([
    ['NOCS-1', '  nocs-1\t'],
    ['NOCS Dhanmondi', 'nocs   dhanmondi'],
    ['NOCS Dhanmondi', 'NOCS\u00A0Dhanmondi'],
    ['Straße', 'STRASSE'],
    ['NOCS-1', '\u200BNOCS-1\u200E'],
    // Bengali ya-nukta, composed and decomposed.
    ['এনওসিএস নারায়ণগঞ্জ', 'এনওসিএস নারা\u09AF\u09BCণগঞ্জ'],
  ])('%j and %j are the same office', (a, b) => {
    expect(foldNocs(a)).toBe(foldNocs(b));
  });

  test('names that differ in a letter, a hyphen or a digit are different offices', () => {
    expect(new Set(['NOCS-1', 'NOCS 1', 'NOCS1', 'NOCS-01'].map(foldNocs)).size).toBe(4);
  });
});

describe('routing', () => {
  const route = createRouter({ default: '1@g.us', byNocs: { 'NOCS  Ramna': '2@g.us' } });

  test('a named office gets its own group, however the source spells it', () => {
    expect(route(' nocs ramna ')).toEqual({ groupId: '2@g.us', by: 'nocs' });
  });

  test('an empty, missing or unknown office gets the default group', () => {
    for (const name of [null, '', '  ', 'NOCS Banasree', 'constructor']) {
      expect(route(name)).toEqual({ groupId: '1@g.us', by: 'default' });
    }
  });

  test('without a default group such an office gets none', () => {
    expect(createRouter({ default: null, byNocs: {} })('NOCS Banasree')).toEqual({
      groupId: null,
      by: 'none',
    });
  });
});
