// Opens the page of the board in Chromium.

import { createRequire } from 'node:module';
import { Part, environment } from '../../../qa/interop/node/harness.mjs';

const { chromium } = createRequire(new URL('../../../qa/interop/node/', import.meta.url))('playwright-core');
const BOARD = environment('BOARD');
const SIZES = { desktop: { width: 1000, height: 900 }, phone: { width: 390, height: 844 } };
const part = new Part('browser');

const number = async (page, id) => Number(await page.textContent(id));

async function live(page) {
  await page.waitForSelector('#state.live', { timeout: 30_000 });
  const before = await number(page, '#messages');
  await page.waitForFunction((n) => Number(document.querySelector('#messages').textContent) > n + 20, before);
  part.equal('telemetry arrives and goes on', (await number(page, '#messages')) > before + 20, true);
  part.equal('one WebSocket is open', await page.textContent('#connections'), '1');
  part.equal('the uptime is a time', /^(\d\d:\d\d|\d+\.\d s)$/.test(await page.textContent('#uptime')), true);
  const sizes = await Promise.all(['#statics-size', '#stack-size', '#free-size'].map((id) => page.textContent(id)));
  const sum = sizes.reduce((total, text) => total + parseFloat(text), 0);
  part.equal('the parts of the RAM add up to 64 KiB', Math.abs(sum - 64) < 0.2, true);
}

async function echo(page) {
  for (const text of ['is it you?', 'é€🦀', 'x'.repeat(400)]) {
    await page.fill('#text', text);
    await page.press('#text', 'Enter');
    await page.waitForFunction((text) => document.querySelector('#answers li span')?.textContent === text, text);
    part.equal(`a text of ${text.length} comes back`, await page.textContent('#answers li span'), text);
  }
  await page.fill('#text', 'hello from a browser');
  await page.press('#text', 'Enter');
}

async function screenshots(page) {
  for (const [name, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    await page.waitForTimeout(1500);
    await page.screenshot({ path: `${environment('SCREENSHOTS')}/board-${name}.png`, fullPage: true });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    part.equal(`nothing is clipped on the right: ${name}`, width <= size.width, true);
  }
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  // There is no sandbox for root, and only the page may be requested over the network.
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const page = await browser.newPage();
const complaints = [];
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
page.on('pageerror', (error) => complaints.push(error.message));
await page.goto(`http://${BOARD}/`);
for (const run of [live, echo, screenshots]) await part.scenario(run.name, () => run(page));
await part.scenario('complaints', async () => part.equal('the page logs no warning', complaints, []));
await browser.close();
part.finish();
