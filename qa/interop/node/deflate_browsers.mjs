// Chromium and Firefox as clients of the compressing echo_server, and of the servers on the drivers. Chromium offers a limit of its window, Firefox does not.

import { createServer } from 'node:http';
import { once } from 'node:events';
import puppeteer from 'puppeteer-core';
import { checkWire, json } from './deflate_exchange.mjs';
import { tap } from './deflate_tap.mjs';
import { CHROMIUM, FIREFOX, helpers } from './driver_browsers_page.mjs';
import { Quiet, codesOfScripts } from './driver_exchange.mjs';
import { CASES, environment } from './harness.mjs';

const SERVERS = environment('DEFLATE_URLS').trim().split('\n').map((line) => line.split(' '));
const PROXIES = environment('DEFLATE_PROXIES').trim().split('\n').filter(Boolean).map((line) => line.split(' '));

// What each browser and server agree on.
const AGREED = {
  with: ['permessage-deflate', 'permessage-deflate'],
  with_small_windows: ['permessage-deflate; server_max_window_bits=9; client_max_window_bits=10', ''],
  without_takeover: Array(2).fill('permessage-deflate; server_no_context_takeover; client_no_context_takeover'),
  without: ['', ''],
};

const http = createServer((_, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end('<!doctype html><title>deflate</title>');
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');

let failures = 0;
for (const [number, [name, options]] of Object.entries({ Chromium: CHROMIUM, Firefox: FIREFOX }).entries()) {
  const browser = await puppeteer.launch({ ...options, protocolTimeout: 120_000 });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${http.address().port}/`);
  await page.evaluate(helpers);
  const cases = [
    ...CASES.messages,
    ...[200, 200, 40_000, 1_000_000].map((bytes) => ({ name: `JSON of ${bytes} bytes`, text: json(bytes) })),
  ];
  for (const [server, url] of [...SERVERS, ...PROXIES]) {
    const part = new Quiet(`${name}, ${environment('DEFLATE_SERVER')} ${server}`);
    const wire = await tap(url);
    await part.scenario('messages', async () => {
      const got = await page.evaluate((url, cases) => interop.echoes(url, cases), wire.url, cases);
      part.equal('all', got, { lost: [], end: { code: 1000, reason: '', wasClean: true } });
      const agreed = (AGREED[server] ?? AGREED.with)[number];
      part.equal('the answer', wire.seen.down.extensions, agreed);
      checkWire(part, wire.seen, agreed !== '', {});
      const { up, down } = wire.seen;
      const bytes = `${up.bytes} and ${down.bytes} bytes on the wire`;
      console.log(`ok  ${part.name}: messages of 0 B to 1 MB come back: ${cases.length} values, ${bytes}`);
      part.count = 0;
    });
    await part.scenario('closes', async () => {
      for (const { code, reason } of codesOfScripts) {
        const end = await page.evaluate((...what) => interop.closes(...what), wire.url, code, reason, false);
        part.equal(`${code}`, end, { code: code ?? 1005, reason, wasClean: true });
      }
      part.held('close codes and reasons come back');
    });
    wire.close();
    failures += part.failures;
  }
  await browser.close();
}
process.exit(failures ? 1 : 0);
