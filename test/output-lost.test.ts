import { expect, it } from 'vitest';
import { Workplace } from './harness/workplace.ts';

const TO_FULL = ['sh', '-c', '"$@" > /dev/full', 'sh'];

function place(): Workplace {
  const work = new Workplace({ channel: 'terminal' });
  work.late([{ meter: '12345678' }]);
  return work;
}

it.each(['scan --json --dry-run', 'status', 'config show', 'doctor --json', '--help'])(
  'what %s prints can not be written: 73, and it is said',
  async (command) => {
    const { code, stderr } = await place().run(command.split(' '), { under: TO_FULL });
    expect(stderr).toContain('[ERR_RC_OUTPUT]');
    expect(code).toBe(73);
  },
);

it('an error of its own keeps its code', async () => {
  const work = place();
  work.configure({ channel: 'terminal', groups: {} });
  const { code, stderr } = await work.run(['scan', '--dry-run'], { under: TO_FULL });
  expect(stderr).toContain('ERR_RC_NO_GROUP');
  expect(code).toBe(1);
});

it('a reader that has seen enough is no error', async () => {
  const { code, stderr, stdout } = await place().run(['config', 'schema', '--json'], {
    under: ['bash', '-c', 'set -o pipefail; "$@" | head -c 1', 'sh'],
  });
  expect([code, stdout, stderr]).toEqual([0, '{', '']);
});
