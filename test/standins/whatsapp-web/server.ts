import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { json } from 'node:stream/consumers';

const MIME: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

export type Post = (body: Record<string, unknown>, request: IncomingMessage) => unknown;

export interface Site {
  /** The settings for a page that is asked for, or undefined if it is never to be answered. */
  visit: () => object | undefined;
  events: (query: URLSearchParams, response: ServerResponse) => void;
  /** What can be posted, by the end of its path. An answer that is a number is a status. */
  posts: Record<string, Post>;
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

/** web.whatsapp.com, on a free port of 127.0.0.1. */
export async function listen(site: Site): Promise<{ port: number; close(): Promise<void> }> {
  const tls = { key: read('tls/key.pem'), cert: read('tls/certificate.pem') };
  const server = createServer(tls, (request, response) => {
    answer(site, request, response).catch(() => response.destroy());
  });
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  // `closeAllConnections` leaves those that Chromium opened ahead of need and never spoke on.
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port: address.port, close };
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://web.whatsapp.com');
  if (request.method === 'POST') return post(site, pathname.replace('/wire/', ''), request, response);
  if (pathname === '/wire/events') return site.events(searchParams, response);
  if (/^\/page\/[a-z]+\.js$/.test(pathname)) return send(response, 'js', read(pathname.slice(1)));
  if (pathname !== '/') return void response.writeHead(404).end();
  const settings = site.visit();
  if (settings)
    send(response, 'html', read('page/index.html').replace('"SETTINGS"', JSON.stringify(settings)));
}

async function post(
  site: Site,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = (await json(request)) as Record<string, unknown>;
  const result = await site.posts[path]?.(body, request);
  if (response.destroyed) return;
  if (typeof result === 'number') return void response.writeHead(result).end();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? {}));
}

function send(response: ServerResponse, kind: string, text: string): void {
  response.writeHead(200, { 'content-type': MIME[kind], 'cache-control': 'no-store' }).end(text);
}
