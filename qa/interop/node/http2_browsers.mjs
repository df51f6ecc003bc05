// Chromium and Firefox on push_server over TLS: the WebSockets of the page and of the checks are in the connection that has
// brought the page.

import https from 'node:https';
import puppeteer from 'puppeteer-core';
import { CHROMIUM, FIREFOX, helpers } from './driver_browsers_page.mjs';
import { Quiet, codesOfScripts } from './driver_exchange.mjs';
import { CASES, environment } from './harness.mjs';

const ADDRESS = environment('HTTP2_TLS_ADDRESS');
const STALLING = environment('HTTP2_STALLING_ADDRESS');
const PUSH_SERVER = Number(environment('HTTP2_TLS_PID'));
const SCREENSHOTS = environment('SCREENSHOTS');
const ECHO = `wss://${ADDRESS}/echo`;
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

// What the server counts in HTTP/2, asked in HTTP/1.1.
async function counters() {
  const text = await new Promise((resolve, reject) => {
    const request = https.get(`https://${ADDRESS}/healthz`, { rejectUnauthorized: false, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more) => (text += more)).on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
  const [connections, connected, websockets, opened, requests] = text.match(/HTTP\/2: (.*)/)[1].match(/\d+/g).map(Number);
  return { connections, connected, websockets, opened, requests };
}

async function page_(part, page) {
  const before = await counters();
  await page.goto(`https://${ADDRESS}/`);
  // the page opens its WebSocket when it has asked for the latest news
  await page.waitForFunction(() => document.querySelector('.via').textContent !== '');
  part.equal('how it came', await page.$eval('.via', (via) => via.textContent), 'in HTTP/2');
  const after = await counters();
  part.equal('its WebSocket', after.opened - before.opened, 1);
  part.held('the page shows that its WebSocket is in HTTP/2');
}

async function together(part, page) {
  const before = await counters();
  const got = await page.evaluate(async (url) => {
    const all = await Promise.all(Array.from({ length: 8 }, () => interop.connect(url)));
    const right = [];
    for (const [number, ws] of all.entries()) {
      ws.send(`number ${number}`);
      right.push((await interop.answer(ws)) === `number ${number}`);
      right.push((await (await fetch('/poll')).json()).news.length === 0);
    }
    const protocols = performance.getEntriesByType('resource').map((entry) => entry.nextHopProtocol);
    interop.all = all;
    return { right: right.every(Boolean), protocols: [...new Set(protocols)] };
  }, ECHO);
  part.equal('messages and pages', got, { right: true, protocols: ['h2'] });
  const after = await counters();
  part.equal('WebSockets opened', after.opened - before.opened, 8);
  part.equal('and open', after.websockets - before.websockets, 8);
  part.equal('requests', after.requests - before.requests >= 16, true);
  part.equal('connections', [after.connections, after.connected - before.connected], [1, 0]);
  part.held('8 WebSockets and 8 requests are in the connection of the page');
  const ends = await page.evaluate(async () =>
    Promise.all(
      interop.all.map((ws, number) => {
        const end = interop.ended(ws);
        ws.close(4000 + number, `bye ${number}`);
        return end;
      }),
    ),
  );
  const wanted = ends.map((_, number) => ({ code: 4000 + number, reason: `bye ${number}`, wasClean: true }));
  part.equal('closes', ends, wanted);
  part.held('each has its own close code and reason');
}

async function messages(part, page) {
  const got = await page.evaluate((url, cases) => interop.echoes(url, cases), ECHO, CASES.messages);
  part.equal('all', got, { lost: [], end: { code: 1000, reason: '', wasClean: true } });
  console.log(`ok  ${part.name}: texts and bytes of 0 B to 1 MB come back: ${CASES.messages.length} values`);
  part.count = 0;
}

async function closes(part, page) {
  for (const { code, reason } of codesOfScripts) {
    const end = await page.evaluate((...what) => interop.closes(...what), ECHO, code, reason, false);
    part.equal(`${code}`, end, { code: code ?? 1005, reason, wasClean: true });
  }
  const binary = await page.evaluate(async (url) => {
    const ws = await interop.connect(url);
    const end = interop.ended(ws);
    ws.send(new Uint8Array(1));
    return end;
  }, ECHO.replace('/echo', '/ws'));
  part.equal('1003', binary, { code: 1003, reason: 'only text is accepted', wasClean: true });
  part.held('close codes and reasons of either side arrive');
}

// A script that does not read: only with streams can it hold back a server.
async function stalled(part, page) {
  const got = await page.evaluate(async (url) => {
    const { readable, writable } = await new WebSocketStream(url).opened;
    // one that nobody holds is ended
    interop.stalled = readable;
    const writer = writable.getWriter();
    let sent = 0;
    // the echo of it is not read, and in the end the server does not read either
    // it does not shrink
    const message = crypto.getRandomValues(new Uint8Array(50_000));
    (async () => {
      for (; sent < 400; sent++) {
        await writer.ready;
        await writer.write(message);
      }
    })();
    const ws = await interop.connect(url);
    for (let i = 0; i < 3; i++) {
      const message = new Uint8Array(1_000_000).fill(i);
      ws.send(message);
      const answer = new Uint8Array(await interop.answer(ws));
      if (answer.length !== message.length || answer.some((byte) => byte !== i)) return 'another answer';
    }
    const { status } = await fetch('/poll');
    const held = sent < 400;
    // it is read again
    const reader = readable.getReader();
    let bytes = 0;
    while (bytes < 10_000_000) bytes += (await reader.read()).value.byteLength;
    return [status, held, bytes];
  }, ECHO);
  part.equal('others', got, [200, true, 10_000_000]);
  part.held('one WebSocket stalls, and another one goes on with 3 MB; then the first one, too');
}

// A server that does not read, which every script can meet: what it sends then waits in the browser.
async function held(part, page) {
  await page.goto(`https://${STALLING}/`);
  await page.evaluate(helpers);
  const got = await page.evaluate(async (url) => {
    const pages = async () => (await fetch('/')).headers.get('x-connection');
    const where = (ws) => {
      ws.send('/where');
      return interop.answer(ws);
    };
    const connections = [await pages()];
    const stalled = await interop.connect(url);
    connections.push(await where(stalled));
    stalled.send('/stall');
    if ((await interop.answer(stalled)) !== '/stall') return 'another answer';
    const back = [];
    const all = new Promise((resolve) => {
      stalled.onmessage = ({ data }) => {
        const bytes = new Uint8Array(data);
        back.push(bytes.length === 1_000_000 && bytes.every((byte) => byte === back.length));
        if (back.length === 20) resolve();
      };
    });
    for (let i = 0; i < 20; i++) stalled.send(new Uint8Array(1_000_000).fill(i));
    const ws = await interop.connect(url);
    connections.push(await where(ws));
    for (let i = 0; i < 3; i++) {
      const message = new Uint8Array(1_000_000).fill(i);
      ws.send(message);
      const answer = new Uint8Array(await interop.answer(ws));
      if (answer.length !== message.length || answer.some((byte) => byte !== i)) return 'another answer';
    }
    connections.push(await pages());
    const same = new Set(connections).size === 1;
    const waits = back.length === 0 && stalled.bufferedAmount > 10_000_000;
    ws.send('/go');
    await all;
    const ends = [stalled, ws].map((ws) => interop.ended(ws));
    stalled.close(4001, 'bye');
    ws.close(4001, 'bye');
    const protocols = performance.getEntriesByType('resource').map((entry) => entry.nextHopProtocol);
    return { same, waits, back: back.every(Boolean), protocols: [...new Set(protocols)], ends: await Promise.all(ends) };
  }, `wss://${STALLING}/`);
  const end = { code: 4001, reason: 'bye', wasClean: true };
  part.equal('all', got, { same: true, waits: true, back: true, protocols: ['h2'], ends: [end, end] });
  part.held('a server reads one WebSocket no more: 20 MB wait, another one and pages go on, and then the first one, too');
}

async function screenshots(part, page, name) {
  for (const [size, { width, height }] of Object.entries(SIZES)) {
    await page.setViewport({ width, height });
    await page.screenshot({ path: `${SCREENSHOTS}/http2-${name}-${size}.png` });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    part.equal(`nothing sticks out to the right: ${size}`, wide <= width, true);
    const bottom = await page.evaluate(() => document.querySelector('#websocket').getBoundingClientRect().bottom);
    part.equal(`the three ways are on one screen: ${size}`, bottom <= height, true);
  }
  part.held('the page fits 1280 and 390 pixels');
}

let failures = 0;
const browsers = Object.entries({ Chromium: CHROMIUM, Firefox: FIREFOX });
for (const [number, [name, options]] of browsers.entries()) {
  const part = new Quiet(`${name}, push_server over TLS`);
  const browser = await puppeteer.launch({ ...options, acceptInsecureCerts: true, protocolTimeout: 120_000 });
  const page = await browser.newPage();
  await part.scenario('page', () => page_(part, page));
  await page.evaluate(helpers);
  const checks = { together, messages, closes, screenshots };
  // Firefox has no streams of messages: it always reads
  if (name === 'Chromium') checks.stalled = stalled;
  for (const [what, check] of Object.entries(checks)) await part.scenario(what, () => check(part, page, name));
  const other = await browser.newPage();
  await part.scenario('held', () => held(part, other));
  await other.close();
  if (number === browsers.length - 1) {
    await part.scenario('end', async () => {
      await page.evaluate(async (url) => {
        interop.end = interop.ended(await interop.connect(url));
      }, ECHO);
      process.kill(PUSH_SERVER, 'SIGINT');
      const end = await page.evaluate(() => interop.end);
      part.equal('1001', end, { code: 1001, reason: 'the server shuts down', wasClean: true });
      part.held('a server that ends sends 1001');
    });
  }
  failures += part.failures;
  await browser.close();
}
process.exit(failures ? 1 : 0);
