import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { browsersOf } from '../src/channel/whatsapp/processes.ts';
import { type WhatsAppPlace, whatsAppPlace } from './harness/whatsapp-place.ts';
import { NO_GAPS, scanJson } from './harness/workplace.ts';
import { group, manyGroups } from './standins/whatsapp-web/index.ts';

describe('with a number linked', () => {
  let place: WhatsAppPlace;
  const cleanUps: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    place = await whatsAppPlace({}, {}, (cleanUp) => cleanUps.push(cleanUp));
    const login = await place.login();
    expect(login.code, login.stderr).toBe(0);
  });
  beforeEach(() => {
    place.web.heal();
    place.configure({ pace: NO_GAPS, groups: { default: null, byNocs: { 'NOCS-1': idOf('Banani NOCS') } } });
  });
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  function idOf(name: string): string {
    return place.web.groups.find((group) => group.name === name)?.id ?? '';
  }

  function textsTo(groupId: string): string[] {
    return place.web.deliveries.filter(({ group }) => group === groupId).map(({ text }) => text);
  }

  it('groups lists hundreds of them, the broken one as well, and says who may not post and why', async () => {
    const kept = place.web.groups;
    place.web.groups = [...kept, ...manyGroups(400)];
    const { code, stdout } = await place.run(['groups', '--json']);
    place.web.groups = kept;
    expect(code).toBe(0);
    const { groups } = JSON.parse(stdout);
    expect(groups).toHaveLength(kept.length + 400);
    const byName = new Map(groups.map((group: { name: string }) => [group.name, group]));
    expect(byName.get('আদাবর এনওসিএস')).toMatchObject({ canPost: true, participants: 31, reason: null });
    expect(byName.get('DPDC notices')).toMatchObject({ canPost: false, reason: 'only admins may post' });
    expect(byName.get('Archived')).toMatchObject({ archived: true });
    expect(byName.get(null)).toMatchObject({
      canPost: false,
      reason: expect.stringContaining('can not be read'),
    });
  });

  it('groups --format yaml is a configuration that is right', async () => {
    const { stdout, stderr } = await place.run([
      'groups',
      '--format',
      'yaml',
      '--match',
      'এনওসিএস',
      '--verbose',
    ]);
    expect(stderr, 'an orderly close is no failure').not.toContain('Chromium ended');
    expect(parse(stdout)).toEqual({ groups: { byNocs: { 'আদাবর এনওসিএস': idOf('আদাবর এনওসিএস') } } });
    place.late([{ meter: '10000001', nocs: 'আদাবর এনওসিএস' }]);
    writeFileSync(
      join(place.directory, 'pasted.yaml'),
      `channel: whatsapp\nsource: { type: file }\n${stdout}`,
    );
    const check = await place.run(['config', 'check', '--json', '--config', 'pasted.yaml']);
    expect(JSON.parse(check.stdout).routes, check.stdout).toContainEqual(
      expect.objectContaining({ by: 'nocs' }),
    );
  });

  it('test sends one message marked [TEST], waits for its ack, and counts it among those of the day', async () => {
    const banani = idOf('Banani NOCS');
    const { code, stdout } = await place.run(['test', '--nocs', 'nocs-1']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `nocs-1 (${banani}): sent, and WhatsApp has it\n` });
    expect(textsTo(banani)).toEqual([expect.stringMatching(/^🔔 \[TEST\] rc-notify\n\n📍 NOCS: nocs-1\n/)]);
    expect(place.query('SELECT group_id, send_status, ack FROM messages')).toEqual([
      { group_id: banani, send_status: 'sent', ack: 1 },
    ]);
    expect(place.rows(), 'a test is no notification').toEqual([]);

    place.configure({ pace: { ...NO_GAPS, perDay: 1 }, groups: { default: banani } });
    const capped = await place.run(['test', '--group', banani]);
    expect(capped).toMatchObject({ code: 1, stdout: `${banani}: not sent (pace.perDay (1) is used up)\n` });
  });

  it('test --all tells which groups got it and which did not', async () => {
    const byNocs = { A: idOf('আদাবর এনওসিএস'), B: idOf('DPDC notices'), C: idOf('Lalbagh NOCS (lid)') };
    place.configure({ pace: NO_GAPS, groups: { default: null, byNocs } });
    place.web.order('refuse', byNocs.C);
    const { code, stdout } = await place.run(['test', '--all', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).tests).toMatchObject([
      { nocsName: 'A', result: 'sent', ack: 1 },
      { nocsName: 'B', result: 'not-sent', error: 'only admins may post' },
      { nocsName: 'C', result: 'failed', ack: -1 },
    ]);
  });

  it('a test of unknown fate exits as a scan does, and no later scan sends it again', async () => {
    const id = idOf('আদাবর এনওসিএস');
    place.configure({ groups: { default: id }, whatsapp: { ackTimeout: '1s' }, pace: NO_GAPS });
    place.web.order('lose-answer', id);
    const arrived = place.web.arrivals.length;
    const unanswered = await place.run(['test', '--group', id]);
    expect(unanswered).toMatchObject({ code: 69, stderr: expect.stringContaining('it may have arrived') });
    expect(unanswered.stderr).toContain('How the page looked:');
    place.late([]);
    expect((await place.scan()).code).toBe(0);
    expect(place.web.arrivals.length).toBe(arrived + 1);
  });

  it('tests that are stopped by a signal say which groups were left (75)', async () => {
    const pace = { ...NO_GAPS, minGap: '5m', maxGap: '5m' };
    place.configure({ pace, groups: { default: idOf('Banani NOCS') } });
    // It waits for its turn: the tests before this one have sent.
    const test = place.start(['test', '--all']);
    await test.wrote('Connected to WhatsApp');
    test.process.kill('SIGTERM');
    const { code, stdout } = await test.finished;
    expect(code).toBe(75);
    expect(stdout).toContain('stopped before its turn');
  });

  it('a test in the terminal claims no more than that', async () => {
    place.configure({ channel: 'terminal', groups: { default: idOf('Banani NOCS') } });
    const { code, stdout } = await place.run(['test', '--all']);
    expect(code).toBe(0);
    expect(stdout).toContain('drawn here alone');
    expect(stdout).not.toContain('WhatsApp has it');
  });

  it('with --json a test in the terminal is drawn on stderr, and stdout is one object', async () => {
    place.configure({ channel: 'terminal', groups: { default: idOf('Banani NOCS') } });
    const { stdout, stderr } = await place.run(['test', '--all', '--json']);
    expect(JSON.parse(stdout).tests).toMatchObject([{ result: 'sent' }]);
    expect(stderr).toContain('[TEST]');
  });

  it('a group whose members the page does not know is not taken for one that was left', async () => {
    const kept = place.web.groups;
    place.web.groups = [
      ...kept,
      group('120363040000000077@g.us', 'Unread', { participants: 0, member: false }),
    ];
    const { stdout } = await place.run(['groups', '--json', '--match', 'unread']);
    place.web.groups = kept;
    expect(JSON.parse(stdout).groups[0].reason).toBe('nothing is known of its members yet');
  });

  it('test refuses what it can not understand before it connects', async () => {
    const visits = place.web.visits;
    expect((await place.run(['test'])).code).toBe(64);
    expect((await place.run(['test', '--group', 'Banani'])).code).toBe(64);
    expect((await place.run(['test', '--nocs', 'NOCS-9'])).code).toBe(78);
    expect(place.web.visits).toBe(visits);
  });

  it('login --restore goes back to a kept copy; the profile that was there is kept', async () => {
    const home = join(place.state, 'whatsapp');
    rmSync(join(home, 'session', 'Default', 'IndexedDB'), { recursive: true });
    const { code, stdout, stderr } = await place.run(['login', '--restore']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Linked to 8801712345678');
    expect(readdirSync(home).filter((name) => name.startsWith('session.before-restore-'))).toHaveLength(1);
    place.late([{ meter: '10000009' }]);
    expect(scanJson(await place.scan())).toMatchObject({ exitCode: 0, counts: { sent: 1 } });
  });

  it('backup takes the newest clean copy of the session along', async () => {
    const { code, stdout } = await place.run(['backup', 'copies', '--json']);
    expect(code).toBe(0);
    const { profile } = JSON.parse(stdout);
    expect(existsSync(join(profile, 'Default', 'IndexedDB'))).toBe(true);
  });

  it('logout asks first, unlinks, and removes the session; the next scan says how to link', async () => {
    expect((await place.run(['logout'])).code).toBe(64);
    expect(place.web.linked).toBe(true);
    const { code, stderr } = await place.run(['logout', '--yes', '--reason', 'new phone']);
    expect(code, stderr).toBe(0);
    expect(place.web.linked).toBe(false);
    expect(existsSync(join(place.state, 'whatsapp', 'session'))).toBe(false);
    expect(browsersOf(join(place.state, 'whatsapp', 'session'))).toEqual([]);
    expect(place.query("SELECT action, target, reason FROM audit WHERE action = 'unlink'")).toEqual([
      { action: 'unlink', target: '8801712345678', reason: 'new phone' },
    ]);
    place.late([{ meter: '10000010' }]);
    expect(scanJson(await place.scan())).toMatchObject({
      exitCode: 77,
      errors: [{ code: 'ERR_RC_NOT_LINKED', hint: expect.stringContaining('rc-notify login') }],
    });
  });
});
