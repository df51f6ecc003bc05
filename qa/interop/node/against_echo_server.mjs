// The library `ws` as a client of examples/echo_server.

import { once } from 'node:events';
import WebSocket from 'ws';
import { SUITES, close, messagesOf } from './exchange.mjs';
import { CASES, Part, content, environment } from './harness.mjs';

const URL = environment('ECHO_URL');
const SHORT_URL = environment('ECHO_SHORT_URL');
const SHORT_MAX = Number(environment('ECHO_SHORT_MAX'));
const part = new Part('node client');

async function connect(url = URL, subprotocols = []) {
  const ws = new WebSocket(url, subprotocols);
  await once(ws, 'open');
  return ws;
}

async function openingHandshake() {
  let offer;
  const finishRequest = (request) => {
    offer = request.getHeader('Sec-WebSocket-Extensions');
    request.end();
  };
  const ws = new WebSocket(URL, { finishRequest });
  const [response] = await once(ws, 'upgrade');
  part.equal('permessage-deflate is offered', offer.split(';')[0], 'permessage-deflate');
  part.equal(
    'it is declined',
    [response.statusCode, response.headers['sec-websocket-extensions'] ?? null, ws.extensions],
    [101, null, ''],
  );
  ws.terminate();
}

async function oldVersion() {
  const ws = new WebSocket(URL, { protocolVersion: 8 });
  const [, response] = await once(ws, 'unexpected-response');
  const version = response.headers['sec-websocket-version'];
  part.equal('version 8 gets 426 and the version to use', [response.statusCode, version], [426, '13']);
  response.destroy();
}

async function largeMessage() {
  const ws = await connect();
  const answers = messagesOf(ws);
  const message = content(CASES.large);
  ws.send(message);
  const { value } = await answers.next();
  part.equal(`${CASES.large.name} comes back`, Buffer.compare(value, message), 0);
  ws.terminate();
}

// Sends what makes the server fail the connection.
async function failing(what, code, send, url = URL) {
  const ws = await connect(url);
  const closed = once(ws, 'close');
  send(ws);
  part.equal(`${what} fails with ${code}`, (await closed)[0], code);
}

async function tooLong() {
  const ws = await connect(SHORT_URL);
  const message = 'x'.repeat(SHORT_MAX);
  const answers = messagesOf(ws);
  ws.send(message);
  part.equal('the longest message comes back', (await answers.next()).value, message);
  ws.terminate();
  await failing('a message one byte too long', 1009, (ws) => ws.send(`${message}x`), SHORT_URL);
}

async function hundredConnections() {
  const all = await Promise.all(Array.from({ length: 100 }, () => connect()));
  const same = await Promise.all(
    all.map(async (ws, number) => {
      const answers = messagesOf(ws);
      for (let i = 0; i < 5; i++) {
        const message = `🦀 ${number}.${i} ${'x'.repeat(number * 50)}`;
        ws.send(message);
        if ((await answers.next()).value !== message) return false;
      }
      ws.close();
      return true;
    }),
  );
  part.equal('100 connections at once each get their own 5 messages back', same, Array(100).fill(true));
}

await part.scenario('opening handshake', openingHandshake);
await part.scenario('old version', oldVersion);
for (const suite of SUITES) {
  await part.scenario(suite.name, async () => {
    const ws = await connect();
    await suite(part, ws);
    ws.terminate();
  });
}
await part.scenario('large message', largeMessage);
for (const test of CASES.closes) {
  await part.scenario(`close ${test.code}`, async () => close(part, await connect(), test));
}
await part.scenario('invalid UTF-8', () =>
  failing('a text that is not UTF-8', 1007, (ws) => ws.send(Buffer.from([0x61, 0xff]), { binary: false })),
);
await part.scenario('no mask', () => failing('a frame without a mask', 1002, (ws) => ws.send('a', { mask: false })));
await part.scenario('too long', tooLong);
await part.scenario('hundred connections', hundredConnections);
part.finish();
