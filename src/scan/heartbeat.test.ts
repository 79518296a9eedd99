import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ping } from './heartbeat.ts';
import { keepingLog } from './testing.ts';

/** A watchdog that answers with this status, or not at all. */
async function watchdog(status: number | null): Promise<{ url: string; calls: string[]; stop: () => void }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    if (status !== null) response.writeHead(status).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(stop);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/ping/abc`, calls, stop };
}

test('start, success and fail each have their address', async () => {
  const { url, calls } = await watchdog(200);
  const log = keepingLog();
  await ping(url, 'start', log);
  await ping(url, 'success', log);
  await ping(`${url}/`, 'fail', log);
  await ping(`${url}?create=1`, 'fail', log);
  expect(calls).toEqual([
    'POST /ping/abc/start',
    'POST /ping/abc',
    'POST /ping/abc/fail',
    'POST /ping/abc/fail?create=1',
  ]);
  expect(log.warnings).toEqual([]);
});

test('without a url nothing happens', async () => {
  const log = keepingLog();
  await ping(null, 'start', log);
  expect(log.warnings).toEqual([]);
});

test('a refusal, a server that is down, one that hangs and a bad url are warnings, never failures', async () => {
  const log = keepingLog();
  await ping((await watchdog(503)).url, 'success', log);
  const down = await watchdog(200);
  down.stop();
  await ping(down.url, 'start', log);
  await ping((await watchdog(null)).url, 'fail', log, 100);
  await ping('no url', 'fail', log);
  expect(log.warnings).toEqual([
    'The heartbeat (success) was answered with 503.',
    expect.stringContaining('The heartbeat (start) did not get through'),
    expect.stringContaining('The heartbeat (fail) did not get through'),
    expect.stringContaining('The heartbeat (fail) did not get through'),
  ]);
});
