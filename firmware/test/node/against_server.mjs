// Tests the board with the library `ws` as its client.

import { once } from 'node:events';
import { createRequire } from 'node:module';
import { SUITES, close, messagesOf } from '../../../qa/interop/node/exchange.mjs';
import { CASES, Part, content, environment } from '../../../qa/interop/node/harness.mjs';

// The packages are installed next to the other drivers.
const WebSocket = createRequire(new URL('../../../qa/interop/node/', import.meta.url))('ws');
const URL_OF_BOARD = `ws://${environment('BOARD')}/ws`;
const part = new Part('node');

async function connect(url = URL_OF_BOARD, subprotocols = [], options = {}) {
  const ws = new WebSocket(url, subprotocols, options);
  await once(ws, 'open');
  return ws;
}

async function openingHandshake() {
  const ws = new WebSocket(URL_OF_BOARD, ['chat', 'telemetry']);
  const [response] = await once(ws, 'upgrade');
  part.equal(
    'telemetry is chosen, and compression is declined',
    [response.statusCode, ws.extensions, response.headers['sec-websocket-protocol']],
    [101, '', 'telemetry'],
  );
  ws.terminate();
}

async function refusals() {
  async function refused(what, status, url, options) {
    const ws = new WebSocket(url, options);
    const [, response] = await once(ws, 'unexpected-response');
    part.equal(`${what} gets ${status}`, response.statusCode, status);
    response.destroy();
  }
  await refused('version 8', 426, URL_OF_BOARD, { protocolVersion: 8 });
  await refused('another path', 404, URL_OF_BOARD.replace('/ws', '/other'));
  await refused('a page of another site', 403, URL_OF_BOARD, { origin: 'http://example.com' });
}

async function telemetry() {
  const ws = await connect(URL_OF_BOARD, ['telemetry']);
  const messages = messagesOf(ws);
  const times = [];
  while (times.length < 10) times.push(JSON.parse((await messages.next()).value).uptime_ms);
  part.equal('10 values come in order of time', times, [...times].sort((a, b) => a - b));
  ws.close();
  await once(ws, 'close');
}

// Sends something that makes the board fail the connection.
async function failing(what, code, send) {
  const ws = await connect();
  const closed = once(ws, 'close');
  send(ws);
  part.equal(`${what} fails with ${code}`, (await closed)[0], code);
}

async function fourAtOnce() {
  const all = await Promise.all([1, 2, 3, 4].map(() => connect()));
  const same = await Promise.all(
    all.map(async (ws, number) => {
      const answers = messagesOf(ws);
      for (let i = 0; i < 5; i++) {
        const message = `🦀 ${number}.${i} ${String(number).repeat(number * 5000)}`;
        ws.send(message);
        if ((await answers.next()).value !== message) return false;
      }
      const closed = once(ws, 'close');
      ws.close(1000, 'done');
      return (await closed)[0] === 1000;
    }),
  );
  part.equal('four at once get their own messages back', same, [true, true, true, true]);
}

async function largeMessage() {
  const ws = await connect();
  const answers = messagesOf(ws);
  const message = content({ binary_bytes: 4_000_000 });
  ws.send(message);
  const { value } = await answers.next();
  part.equal('60 times the RAM in one message comes back', Buffer.compare(value, message), 0);
  ws.terminate();
}

await part.scenario('opening handshake', openingHandshake);
await part.scenario('refusals', refusals);
for (const suite of SUITES) {
  await part.scenario(suite.name, async () => {
    const ws = await connect();
    await suite(part, ws);
    ws.terminate();
  });
}
await part.scenario('large message', largeMessage);
await part.scenario('telemetry', telemetry);
for (const test of CASES.closes) {
  await part.scenario(`close ${test.code}`, async () => close(part, await connect(), test));
}
await part.scenario('invalid UTF-8', () =>
  failing('a text that is not UTF-8', 1007, (ws) => ws.send(Buffer.from([0x61, 0xff]), { binary: false })),
);
await part.scenario('no mask', () => failing('a frame without a mask', 1002, (ws) => ws.send('a', { mask: false })));
await part.scenario('four at once', fourAtOnce);
part.finish();
