import { describe, expect, it } from 'vitest';
import { RcError } from '../../errors.ts';
import { openTerminalChannel } from './terminal.ts';

const message = { id: '3EB0AA', groupId: '1@g.us', text: 'hello' };
const never = new AbortController().signal;
const connectTo = (write: (text: string) => Promise<void>) =>
  openTerminalChannel({ write, colour: false, columns: 80 }).connect(never);

describe('the terminal channel', () => {
  it('draws the message and says it is sent, without an ack', async () => {
    const written: string[] = [];
    const connection = await connectTo(async (text) => {
      written.push(text);
    });
    expect(await connection.send(message, never)).toEqual({ status: 'sent', ack: null });
    expect(written).toEqual(['╭─ 1@g.us ─\n│ hello\n╰──────────\n\n']);
    await connection.close();
  });

  it('has no account, takes every group and can look up nothing', async () => {
    const channel = openTerminalChannel({ write: async () => {}, colour: false, columns: 80 });
    expect(channel).toMatchObject({ name: 'terminal', honoursIds: false, keepAliveMs: null });
    const connection = await channel.connect(never);
    expect(connection).toMatchObject({ account: null, version: null });
    expect(await connection.checkGroup('anything', never)).toEqual({ canPost: true });
    await expect(connection.lookup(message, never)).rejects.toThrow('keeps no messages');
  });

  it('fails and stops where the terminal is gone', async () => {
    const connection = await connectTo(() => Promise.reject(new Error('write EPIPE')));
    const result = await connection.send(message, never);
    expect(result).toMatchObject({
      status: 'failed',
      ack: null,
      error: expect.stringContaining('write EPIPE'),
    });
    expect(result.stop).toBeInstanceOf(RcError);
    expect(result.stop).toMatchObject({ code: 'ERR_RC_TERMINAL_WRITE', exitCode: 1 });
    expect(result.stop?.hint).toContain('rc-notify scan');
  });

  it('waits no longer than it may for a terminal that takes nothing', async () => {
    const stop = new AbortController();
    const connection = await connectTo(() => new Promise(() => {}));
    const result = connection.send(message, stop.signal);
    stop.abort();
    expect(await result).toMatchObject({ status: 'unknown', ack: null });
  });

  it('shows nothing once it was stopped', async () => {
    const connection = await connectTo(() => Promise.reject(new Error('must not be called')));
    const result = await connection.send(message, AbortSignal.abort());
    expect(result).toEqual({ status: 'failed', ack: null, error: 'stopped before it was shown' });
  });
});
