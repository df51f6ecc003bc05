// Chromium and Firefox as clients of the echo servers on the drivers: the scripts of a page that knows no other.

import { createServer } from 'node:http';
import { once } from 'node:events';
import puppeteer from 'puppeteer-core';
import { CHROMIUM, FIREFOX, helpers } from './driver_browsers_page.mjs';
import { Quiet, codesOfDrivers, codesOfScripts } from './driver_exchange.mjs';
import { CASES, environment } from './harness.mjs';

const SERVERS = environment('DRIVER_URLS').trim().split('\n').map((line) => line.split(' '));

const http = createServer((_, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end('<!doctype html><title>drivers</title>');
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');

let failures = 0;
for (const [name, options] of Object.entries({ Chromium: CHROMIUM, Firefox: FIREFOX })) {
  const browser = await puppeteer.launch({ ...options, acceptInsecureCerts: true, protocolTimeout: 120_000 });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${http.address().port}/`);
  await page.evaluate(helpers);
  for (const [driver, url] of SERVERS) {
    const part = new Quiet(`${name}, ${url.split(':')[0]} server on ${driver}`);
    await part.scenario('messages', async () => {
      const cases = [...CASES.messages, CASES.driver_large];
      const got = await page.evaluate((url, cases) => interop.echoes(url, cases), url, cases);
      part.equal('all', got, { lost: [], end: { code: 1000, reason: '', wasClean: true } });
      console.log(`ok  ${part.name}: messages of 0 B to 16 MB come back: ${cases.length} values`);
      part.count = 0;
    });
    await part.scenario('closes', async () => {
      const close = (...what) => page.evaluate((...what) => interop.closes(...what), url, ...what);
      for (const { code, reason } of codesOfScripts) {
        part.equal(`${code}`, await close(code, reason, false), { code: code ?? 1005, reason, wasClean: true });
      }
      part.held('close codes and reasons of the browser come back');
      for (const { code, reason } of codesOfDrivers) {
        part.equal(`${code}`, await close(code, reason, true), { code, reason, wasClean: true });
      }
      part.held('close codes and reasons of the driver arrive');
    });
    await part.scenario('100 connections', async () => {
      part.equal('all', await page.evaluate((url) => interop.hundred(url), url), Array(100).fill(true));
      console.log(`ok  ${part.name}: 100 connections at once get their own messages and closes`);
    });
    failures += part.failures;
  }
  await browser.close();
}
process.exit(failures ? 1 : 0);
