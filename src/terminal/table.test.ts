import { expect, test } from 'vitest';
import { renderTable } from './table.ts';
import { displayWidth } from './width.ts';

const head = ['METER', 'NOCS', 'STATUS'];
const rows = [
  ['00123456', 'ধানমন্ডি', 'sent'],
  ['12345678', 'N.Gonj (East)', 'failed'],
];

test('on a terminal a rule parts the head from the rows, and Bengali keeps the columns aligned', () => {
  const table = renderTable(rows, { head, terminal: true, columns: 80 });
  expect(table).toBe(
    [
      'METER     NOCS           STATUS',
      '────────  ─────────────  ──────',
      '00123456  ধানমন্ডি        sent',
      '12345678  N.Gonj (East)  failed',
      '',
    ].join('\n'),
  );
});

test('elsewhere the same comes without a rule and is never wrapped', () => {
  const long = 'refused '.repeat(30).trim();
  const table = renderTable([['1', long, 'failed']], { head, terminal: false, columns: 20 });
  expect(table.split('\n')).toHaveLength(3);
  expect(table).toContain(long);
  expect(table).not.toContain('\t');
});

test('a column of what people copy is never wrapped', () => {
  const id = '8801712345678-1609459200@g.us';
  const name = 'NOCS of the eastern river bank';
  const table = renderTable([[name, id, 'sent']], { head, terminal: true, columns: 60, whole: [1] });
  expect(table).toContain(id);
  expect(Math.max(...table.split('\n').map(displayWidth))).toBeLessThanOrEqual(60);
});

test('a table too wide for the terminal wraps its widest column at blanks', () => {
  const error = 'the group refused the message because only admins can post';
  const table = renderTable([['12345678', error, 'failed']], { head, terminal: true, columns: 44 });
  expect(table).toBe(
    [
      'METER     NOCS                        STATUS',
      '────────  ──────────────────────────  ──────',
      '12345678  the group refused the       failed',
      '          message because only',
      '          admins can post',
      '',
    ].join('\n'),
  );
});

test('a word longer than its column is broken between letters, and nothing is lost', () => {
  const name = 'কামরাঙ্গীরচর'.repeat(4);
  const table = renderTable([['1', name, '2']], { head: ['A', 'B', 'C'], terminal: true, columns: 30 });
  const lines = table.trimEnd().split('\n');
  expect(lines.every((line) => displayWidth(line) <= 30)).toBe(true);
  const joined = lines.slice(2).map((line) => line.slice(3).replace(/ .*$/, ''));
  expect(joined.join('')).toBe(name);
});

test('a terminal too narrow for any table still gets every character', () => {
  const table = renderTable(rows, { head, terminal: true, columns: 5 });
  const letters = (text: string) => [...text.replace(/[\s─]/g, '')].sort().join('');
  expect(letters(table)).toBe(letters([head, ...rows].flat().join('')));
});

test('control characters in a cell are spelled out and do not break the row', () => {
  const table = renderTable([['1\u001b[2J', 'a\nb\tc', '']], { head, terminal: false, columns: 80 });
  expect(table).toContain('1\\u001b[2J  a\\nb\\tc');
  expect(table.split('\n')).toHaveLength(3);
});

test('a table without rows is its head', () => {
  expect(renderTable([], { head, terminal: false, columns: 80 })).toBe('METER  NOCS  STATUS\n');
});

test('a history of very many rows is rendered as well', () => {
  const table = renderTable(Array(150_000).fill(['1', '2', '3']), { head, terminal: false, columns: 80 });
  expect(table.split('\n')).toHaveLength(150_002);
});
