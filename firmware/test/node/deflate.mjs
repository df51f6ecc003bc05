// permessage-deflate on the board, whose windows have 1 KiB and 512 bytes: Chromium, and the library `ws`.

import { createRequire } from 'node:module';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { checkWire, exchange, json, pingBetween } from '../../../qa/interop/node/deflate_exchange.mjs';
import { tap } from '../../../qa/interop/node/deflate_tap.mjs';
import { CHROMIUM, helpers } from '../../../qa/interop/node/driver_browsers_page.mjs';
import { Quiet, WsPeer } from '../../../qa/interop/node/driver_exchange.mjs';
import { CASES, environment } from '../../../qa/interop/node/harness.mjs';

const require = createRequire(new URL('../../../qa/interop/node/', import.meta.url));
const puppeteer = require('puppeteer-core');
const WebSocket = require('ws');
const BOARD = environment('BOARD');
const AGREED = 'permessage-deflate; server_max_window_bits=9; client_max_window_bits=10';

const stats = async () => (await fetch(`http://${BOARD}/stats`)).json();
// Waits until this many WebSockets are open.
async function open(count) {
  for (;;) {
    const { sockets } = await stats();
    if (sockets.filter(({ phase }) => phase === 'websocket').length === count) return;
  }
}

const wire = await tap(`ws://${BOARD}/ws`);
const part = new Quiet('Chromium, the board');
const browser = await puppeteer.launch({ ...CHROMIUM, protocolTimeout: 120_000 });
const page = await browser.newPage();
await page.goto(wire.url.replace('ws:', 'http:').replace('/ws', '/'));
await page.waitForSelector('#state.live', { timeout: 30_000 });
await page.evaluate(helpers);

await part.scenario('telemetry', async () => {
  const { down } = wire.seen;
  part.equal('the answer', down.extensions, AGREED);
  while (down.compressed < 20) await new Promise((resolve) => setTimeout(resolve, 50));
  const each = down.bytes / (down.compressed + down.plain);
  part.equal(`a message of telemetry takes ${Math.round(each)} bytes, of more than 100`, each < 70, true);
  console.log(`ok  ${part.name}: a message of telemetry takes ${Math.round(each)} bytes`);
});
await part.scenario('messages', async () => {
  const texts = [200, 200, 1000, 20_000].map((bytes) => ({ name: `JSON of ${bytes} bytes`, text: json(bytes) }));
  const cases = [...CASES.messages.filter(({ binary_bytes: bytes }) => !(bytes > 100_000)), ...texts];
  const got = await page.evaluate((url, cases) => interop.echoes(url, cases), wire.url, cases);
  part.equal('all', got, { lost: [], end: { code: 1000, reason: '', wasClean: true } });
  part.equal('the answer', wire.seen.down.extensions, AGREED);
  checkWire(part, wire.seen, true, {});
  console.log(`ok  ${part.name}: messages of 0 B to 64 KiB come back: ${cases.length} values`);
});
await browser.close();
await open(0);

class Peer extends WsPeer {
  send(message, compress = true) {
    this.ws.send(message, { compress });
  }

  pingBetween(part) {
    return pingBetween(part, this.ws, () => this.recv());
  }
}
async function connect(offer) {
  const ws = new WebSocket(wire.url, { perMessageDeflate: offer && { ...offer, threshold: 0 } });
  await once(ws, 'open');
  return new Peer(ws);
}
const other = new Quiet('ws, the board');
const offers = [{}, { serverNoContextTakeover: true }, { clientMaxWindowBits: 9, serverMaxWindowBits: 8 }, false];
for (const offer of offers) {
  await other.scenario(JSON.stringify(offer), async () => {
    const peer = await connect(offer);
    const { seen } = wire;
    await exchange(other, peer, false);
    peer.close(4000, 'bye');
    other.equal('the Close', await peer.end, { code: 4000, reason: 'bye' });
    checkWire(other, seen, offer !== false, {});
    await open(0);
  });
}
other.held(`${offers.length} offers: messages, fragments, Pings, plain messages between`);
await other.scenario('memory for two', async () => {
  for (let round = 0; round < 3; round++) {
    const peers = [];
    for (const agreed of [true, true, false]) {
      const peer = await connect({});
      other.equal('agreed', peer.ws.extensions !== '', agreed);
      peers.push(peer);
    }
    for (const [i, peer] of peers.entries()) {
      peer.send(json(2000 + i));
      other.equal('its own message', await peer.recv(), json(2000 + i));
      peer.close(1000, '');
      await peer.end;
    }
    await open(0);
  }
  other.held('two connections are compressed, a third one is served without, three times');
});
await other.scenario('malformed', async () => {
  const peer = await connect({});
  peer.ws._socket.write(Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x06]));
  other.equal('malformed data', (await peer.end).code, 1007);
  other.held('malformed data get 1007');
});
const { stack, stack_size: size, failed } = await stats();
const log = readFileSync(environment('LOG'), 'utf8');
await other.scenario('afterwards', async () => {
  other.equal('one violation', failed, 1);
  other.equal('no panic, one start', [log.includes('PANIC'), log.split('board-server:').length - 1], [false, 1]);
  other.equal(`${stack} bytes of stack, of ${size}`, stack < size / 2, true);
  console.log(`ok  ${other.name}: at most ${stack} of ${size} bytes of stack are used`);
});
wire.close();
process.exit(part.failures + other.failures ? 1 : 0);
