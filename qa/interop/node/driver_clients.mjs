// `ws` and undici as clients of the echo servers on the drivers, directly and through proxies.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, WebSocket as Undici } from 'undici';
import WebSocket from 'ws';
import {
  Quiet, ScriptPeer, WsPeer, codesOf, codesOfDrivers, conversation, driverCloses, oneOfHundred, peerCloses,
} from './driver_exchange.mjs';
import { environment } from './harness.mjs';

const lines = (name) => environment(name).trim().split('\n').map((line) => line.split(' '));
const ca = readFileSync(environment('DRIVER_CERT'));
const dispatcher = new Agent({ connect: { ca } });

async function connectWs(url) {
  const ws = new WebSocket(url, { ca, maxPayload: 32 << 20 });
  const peer = new WsPeer(ws);
  await once(ws, 'open');
  return peer;
}

async function connectUndici(url) {
  const ws = new Undici(url, { dispatcher });
  const peer = new ScriptPeer(ws);
  await new Promise((resolve, reject) => {
    ws.onopen = resolve;
    ws.onerror = ({ error, message }) => reject(error ?? new Error(message));
  });
  return peer;
}

async function closes(part, kind, connect) {
  for (const test of codesOf(kind)) await peerCloses(part, await connect(), test);
  part.held('close codes and reasons of the peer come back');
  for (const test of codesOfDrivers) await driverCloses(part, await connect(), test);
  part.held('close codes and reasons of the driver arrive');
}

let failures = 0;
for (const [name, kind, open] of [['ws', WsPeer, connectWs], ['undici', ScriptPeer, connectUndici]]) {
  const proxied = kind === WsPeer ? lines('PROXY_URLS') : [];
  for (const [server, url] of [...lines('DRIVER_URLS'), ...proxied]) {
    const [driver, proxy] = server.split(',');
    const through = proxy ? ` through ${proxy}` : '';
    const part = new Quiet(`${name} client, ${url.split(':')[0]} server on ${driver}${through}`);
    const connect = () => open(url);
    await part.scenario('messages', async () => {
      const peer = await connect();
      await conversation(part, peer);
      peer.close(1000, '');
      await peer.end;
    });
    await part.scenario('closes', () => closes(part, kind, connect));
    if (!proxy) {
      await part.scenario('100 connections', async () => {
        const all = await Promise.all(Array.from({ length: 100 }, connect));
        await Promise.all(all.map((peer, number) => oneOfHundred(part, peer, number)));
        part.held('100 connections at once get their own messages and closes');
      });
    }
    failures += part.failures;
  }
}
process.exit(failures ? 1 : 0);
