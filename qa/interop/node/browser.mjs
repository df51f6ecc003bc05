// Chromium on push_server, directly and through nginx with programs/push_server/nginx.conf.

import { chromium } from 'playwright-core';
import { CASES, Part, content, environment, isText } from './harness.mjs';

const PATHS = { browser: environment('PUSH_SERVER_ADDRESS'), 'browser through nginx': environment('NGINX_ADDRESS') };
const PUSH_SERVER = Number(environment('PUSH_SERVER_PID'));
const SCREENSHOTS = environment('SCREENSHOTS');
const COLUMNS = ['#polling', '#long-polling', '#websocket'];
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

// What the checks call inside the page, under one name so that the page's own are left alone.
function pageHelpers() {
  window.interop = {
    connect: (subprotocols = []) =>
      new Promise((resolve, reject) => {
        const ws = new WebSocket(`ws://${location.host}/echo`, subprotocols);
        ws.binaryType = 'arraybuffer';
        ws.onopen = () => resolve(ws);
        ws.onerror = () => reject(new Error('no connection'));
      }),
    ended: (ws) =>
      new Promise((resolve) => {
        ws.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
      }),
    // The answer to a message.
    answer: (ws) =>
      new Promise((resolve, reject) => {
        ws.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
        ws.onmessage = ({ data }) => resolve(data);
      }),
    count: (column) => Number(document.querySelector(`${column} .news`).textContent),
    // Whether texts are there, in each column. The server has news of its own, so that a count may go up by more.
    arrived: (columns, texts, before) =>
      columns.map((column, i) => {
        const { textContent } = document.querySelector(column);
        const all = texts.every((text) => textContent.includes(text));
        return all && interop.count(column) >= before[i] + texts.length;
      }),
  };
}

async function echoes(part, page) {
  await page.evaluate(async () => {
    interop.ws = await interop.connect();
  });
  for (const test of CASES.messages) {
    const message = content(test);
    const sent = isText(test) ? message : message.toString('base64');
    const got = await page.evaluate(
      async ([sent, text]) => {
        interop.ws.send(text ? sent : Uint8Array.from(atob(sent), (byte) => byte.charCodeAt(0)));
        const data = await interop.answer(interop.ws);
        if (typeof data === 'string') return { data };
        return { base64: btoa(Array.from(new Uint8Array(data), (byte) => String.fromCharCode(byte)).join('')) };
      },
      [sent, isText(test)],
    );
    part.equal(`${test.name} comes back`, got, isText(test) ? { data: sent } : { base64: sent });
  }
}

async function closes(part, page) {
  // scripts may not use the other codes
  const codes = CASES.closes.filter(({ code }) => code === null || code === 1000 || code >= 3000);
  for (const { code, reason } of [...codes, { code: 4001, reason: 'reason' }]) {
    const event = await page.evaluate(
      async ([code, reason]) => {
        const ws = await interop.connect();
        if (code === null) ws.close();
        else ws.close(code, reason);
        return interop.ended(ws);
      },
      [code, reason],
    );
    const length = Buffer.byteLength(reason);
    const wanted = { code: code ?? 1005, reason, wasClean: true };
    part.equal(`close code ${code} with ${length} bytes of reason comes back`, event, wanted);
  }
}

async function subprotocols(part, page) {
  const chosen = await page.evaluate(async () => {
    const ws = await interop.connect(['chat', 'superchat']);
    ws.close();
    return ws.protocol;
  });
  part.equal('chat is chosen', chosen, 'chat');
}

async function publishing(part, page) {
  const texts = ['it rains', 'it pours'];
  const before = await page.evaluate((columns) => columns.map(interop.count), COLUMNS);
  part.equal('the counts are numbers', before.map(Number.isInteger), [true, true, true]);
  for (const text of texts) {
    await page.fill('#publish #text', text);
    await page.press('#publish #text', 'Enter');
  }
  const expected = [COLUMNS, texts, before];
  // time for the slowest column; what is not there after it fails below
  const everywhere = (they) => interop.arrived(...they).every(Boolean);
  await page.waitForFunction(everywhere, expected, { timeout: 30000 }).catch(() => {});
  const where = await page.evaluate((they) => interop.arrived(...they), expected);
  part.equal('what is published arrives in all three ways', where, [true, true, true]);
  const yours = await page.evaluate(() => document.querySelector('#yours').textContent);
  part.equal('what was typed stays visible', yours.includes('it pours'), true);
}

// A WebSocket takes fewer bytes per message than the other ways, its first one included.
async function figures(part, page) {
  const bytes = await page.evaluate(
    (columns) => columns.map((column) => Number(document.querySelector(`${column} .bytes`).textContent.replace(',', ''))),
    COLUMNS,
  );
  const [polling, longPolling, websocket] = bytes;
  part.equal(`bytes per message: ${bytes}`, websocket * 3 < Math.min(polling, longPolling), true);
}

async function screenshots(part, page) {
  for (const [name, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    await page.screenshot({ path: `${SCREENSHOTS}/${part.name.replaceAll(' ', '-')}-${name}.png` });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    part.equal(`nothing sticks out to the right: ${name}`, width <= size.width, true);
    const bottom = await page.evaluate(() => document.querySelector('#websocket').getBoundingClientRect().bottom);
    part.equal(`the three ways are on one screen: ${name}`, bottom <= size.height, true);
  }
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  // root has no sandbox, and nothing but the page is to be asked for over the network
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
const parts = [];
for (const [name, address] of Object.entries(PATHS)) {
  const part = new Part(name);
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.addInitScript(pageHelpers);
  await page.goto(`http://${address}/`);
  for (const run of [echoes, closes, subprotocols, publishing, figures, screenshots]) {
    await part.scenario(run.name, () => run(part, page));
  }
  await part.scenario('complaints', async () => part.equal('the page has no complaint', complaints, []));
  parts.push([part, page]);
}

// last, as nothing goes after it
for (const [, page] of parts) {
  await page.evaluate(async () => {
    const ws = await interop.connect();
    ws.send('are you there?');
    await interop.answer(ws);
    interop.end = interop.ended(ws);
  });
}
process.kill(PUSH_SERVER, 'SIGINT');
for (const [part, page] of parts) {
  await part.scenario('end of the server', async () => {
    const { code, wasClean } = await page.evaluate(() => interop.end);
    part.equal('a server that ends sends 1001', [code, wasClean], [1001, true]);
  });
}
await browser.close();
process.exit(parts.some(([part]) => part.failures) ? 1 : 0);
