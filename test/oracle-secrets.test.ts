import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scanJson, type Workplace } from './harness/workplace.ts';
import { database, failureOf, PASSWORD, SERVER, WALLET, workplace } from './support/oracle-scan.ts';

describe('the password', () => {
  it.each([
    ['the systemd credential', { CREDENTIALS_DIRECTORY: 'credentials', RC_NOTIFY_ORACLE_PASSWORD: 'no' }],
    ['the environment', { RC_NOTIFY_ORACLE_PASSWORD: PASSWORD }],
  ])('comes from %s', async (_from, env) => {
    const oracle = await database();
    const work = workplace(oracle, { oracle: { passwordFile: null } });
    mkdirSync(join(work.directory, 'credentials'));
    writeFileSync(join(work.directory, 'credentials', 'oracle-password'), `${PASSWORD}\n`, { mode: 0o440 });
    const finished = await work.scan({ env });
    expect(finished.code, finished.stderr).toBe(0);
    expect(oracle.logons).toBe(1);
  });

  it.each([
    ['0600', 0],
    ['0640', 0],
    ['0644', 78],
    ['0604', 78],
  ])('in a file of mode %s: exit code %i', async (mode, code) => {
    const oracle = await database();
    const work = workplace(oracle);
    chmodSync(join(work.directory, 'password'), Number.parseInt(mode, 8));
    const finished = await work.scan();
    expect(finished.code).toBe(code);
    expect(oracle.logons).toBe(code === 0 ? 1 : 0);
    if (code === 0) return;
    const failure = failureOf(finished);
    expect(failure?.message).toMatch(/can be read by everybody/);
    expect(failure?.hint).toMatch(/^chmod o= .*password; then run: rc-notify config check$/);
  });

  it('stands neither in the process list nor in any output, however much is told', async () => {
    const oracle = await database({ faults: [{ at: 'execute', do: 'busy' }] });
    const work = workplace(oracle, { oracle: { callTimeout: '5s' } });
    const running = work.start(['scan', '--json', '--verbose', '--log-format', 'json']);
    await expect.poll(() => oracle.logons).toBe(1);
    const list = processList();
    expect(list).toContain('--log-format json');
    expect(list).not.toContain(PASSWORD);
    expect(readFileSync(`/proc/${running.process.pid}/environ`, 'latin1')).not.toContain(PASSWORD);
    const finished = await running.finished;
    expect(finished.code).toBe(69);
    expect(finished.stdout + finished.stderr).not.toContain(PASSWORD);
    expect(ledgerOf(work)).not.toContain(PASSWORD);
  });
});

describe('TCPS', () => {
  it('is spoken with a server that knows the wallet, and whose certificate the wallet vouches for', async () => {
    const oracle = await database({ tls: SERVER });
    const work = workplace(oracle, { oracle: { walletDirectory: WALLET } });
    const finished = await work.scan();
    expect(finished.code, finished.stderr).toBe(0);
    expect(work.rows()).toMatchObject([{ meter_number: '10000001', send_status: 'sent' }]);
  });

  it.each([
    ['whose certificate nobody vouches for', {}, /handshake failure: self-signed certificate/],
    ['with a wallet that is not there', { walletDirectory: '.' }, /no such file.*ewallet\.pem/],
    [
      'with a wallet that holds no certificate',
      { walletDirectory: 'empty' },
      /NJS-505: .*wallet credentials/,
    ],
  ])('is refused to a server %s, with the reason', async (_which, settings, says) => {
    const oracle = await database({ tls: SERVER });
    const work = workplace(oracle, { oracle: settings });
    mkdirSync(join(work.directory, 'empty'));
    writeFileSync(join(work.directory, 'empty', 'ewallet.pem'), 'nothing\n');
    const finished = await work.scan();
    const failure = failureOf(finished);
    expect(failure).toMatchObject({
      code: 'ERR_RC_ORACLE_TLS',
      message: expect.stringMatching(says),
      hint: expect.stringContaining('walletDirectory'),
    });
    expect(finished.code).toBe(69);
    expect(oracle.logons).toBe(0);
  });

  it('is refused to a server that is not the one its certificate must name', async () => {
    const oracle = await database({ tls: SERVER });
    const connectString = `(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=127.0.0.1)(PORT=${oracle.port}))
      (CONNECT_DATA=(SERVICE_NAME=STANDIN))(SECURITY=(SSL_SERVER_CERT_DN="CN=another")))`;
    const work = workplace(oracle, { oracle: { connectString, walletDirectory: WALLET } });
    const finished = await work.scan();
    expect(failureOf(finished)?.code).toBe('ERR_RC_ORACLE_TLS');
    expect(finished.code).toBe(69);
  });

  it('is spoken where the connect string says so, else told to be missing', async () => {
    const oracle = await database({ tls: SERVER });
    const connectString = oracle.connectString.replace('tcps://', '');
    const finished = await workplace(oracle, { oracle: { connectString, walletDirectory: WALLET } }).scan();
    const failure = failureOf(finished);
    expect(failure?.message).toMatch(/closed the connection before the logon/);
    expect(failure?.hint).toContain('tcps://');
    expect(finished.code).toBe(69);
  });

  it.each(['with', 'without'])('never hangs at a port that is silent, %s TLS', async (kind) => {
    const silent = createServer((socket) => void socket.on('error', () => {}));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const bound = silent.address();
    const address = `127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}/STANDIN`;
    const connectString = kind === 'with' ? `tcps://${address}` : address;
    const limits = { connectTimeout: '400ms', walletDirectory: WALLET };
    const finished = await workplace({ connectString, user: 'reader' }, { oracle: limits }).scan();
    expect(scanJson(finished).errors[0]?.code).toBe('ERR_RC_ORACLE_CONNECT_TIMEOUT');
    expect(finished.code).toBe(69);
  });
});

/** The command lines of all processes, as `ps` shows them. */
function processList(): string {
  const lines = readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
    } catch {
      return []; // ended since
    }
  });
  return lines.join('\n');
}

function ledgerOf(work: Workplace): string {
  return readFileSync(join(work.state, 'ledger.db'), 'latin1');
}
