import { expect, it } from 'vitest';
import { Workplace } from './harness/workplace.ts';

it.each([
  ['scan --foo', "unknown option '--foo'"],
  ['scann', "unknown command 'scann'"],
  ['scan --limit x', "argument 'x' is invalid"],
  ['config', 'No command was named.'],
])('with --log-format json a usage error is one line of the log, too: %s', async (typed, message) => {
  const { code, stderr, stdout } = await new Workplace().run(['--log-format', 'json', ...typed.split(' ')]);
  expect(code).toBe(64);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^\{.*\}\n$/);
  expect(JSON.parse(stderr)).toMatchObject({
    level: 'error',
    code: 'ERR_RC_USAGE',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('--help'),
  });
});

it('in text it is as it was', async () => {
  const { code, stderr } = await new Workplace().run(['scan', '--foo']);
  expect(stderr).toBe("error: unknown option '--foo'\n(rc-notify <command> --help shows what it takes)\n");
  expect(code).toBe(64);
});
