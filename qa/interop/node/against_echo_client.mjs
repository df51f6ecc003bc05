// The library `ws` as a server of echo_client and of our program `ws`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { SUITES, close } from './exchange.mjs';
import { CASES, Part, environment } from './harness.mjs';

const part = new Part('node server');
// The exit status of each program after a refusal.
const REFUSED = { echo_client: 1, ws: 4 };

// Serves one run of a program. Returns its exit status, stdout and stderr.
async function visit(handler, { program = 'echo_client', ...options } = {}) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true, ...options });
  await once(server, 'listening');
  let handled;
  server.on('connection', (ws, request) => {
    // if a handler throws, the program is not left waiting
    handled = handler(ws, request).finally(() => ws.close());
    handled.catch(() => {});
  });
  const url = `ws://127.0.0.1:${server.address().port}/a?b=c%20d`;
  const child = spawn(`${environment(program === 'ws' ? 'PROGRAMS' : 'EXAMPLES')}/${program}`, [url]);
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  server.close();
  await handled;
  return { status, out, err };
}

async function openingHandshake() {
  const { status } = await visit(async (_, request) => {
    part.equal('path and query arrive', request.url, '/a?b=c%20d');
    part.equal('no extension is offered', request.headers['sec-websocket-extensions'], undefined);
  });
  part.equal('a Close without a code ends echo_client with 0', status, 0);
}

// Sends what makes the client fail the connection.
async function failing(what, code, send) {
  const { status } = await visit(async (ws) => {
    const closed = once(ws, 'close');
    send(ws);
    part.equal(`${what} fails with ${code}`, (await closed)[0], code);
  });
  part.equal(`${what} ends echo_client with 1`, status, 1);
}

async function vanishing() {
  const { status, err } = await visit(async (ws) => {
    ws.send('the first half', { fin: false });
    ws.terminate();
  });
  part.equal('a connection gone in mid-message is told and ends echo_client with 1', [status, err !== ''], [1, true]);
}

async function refusal(program, { status: refused, phrase, fields }) {
  const verifyClient = (_, answer) => answer(false, refused, phrase, fields);
  const { status, out, err } = await visit(null, { program, verifyClient });
  const wanted = [`${refused} ${phrase}`, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)];
  const missing = wanted.filter((text) => !err.includes(text));
  const what = `${program} shows a refusal with ${refused} and ends with ${REFUSED[program]}`;
  part.equal(what, [status, out, missing], [REFUSED[program], '', []]);
}

await part.scenario('opening handshake', openingHandshake);
for (const suite of SUITES) {
  await part.scenario(suite.name, async () => {
    const { status } = await visit((ws) => suite(part, ws));
    part.equal(`echo_client ends with 0 after ${suite.name}`, status, 0);
  });
}
for (const test of CASES.closes) {
  await part.scenario(`close ${test.code}`, async () => {
    const { status } = await visit((ws) => close(part, ws, test));
    part.equal(`echo_client ends with 0 after close code ${test.code}`, status, 0);
  });
}
await part.scenario('invalid UTF-8', () =>
  failing('a text that is not UTF-8', 1007, (ws) => ws.send(Buffer.from([0x61, 0xff]), { binary: false })),
);
await part.scenario('mask', () => failing('a masked frame', 1002, (ws) => ws.send('a', { mask: true })));
await part.scenario('vanishing', vanishing);
for (const test of CASES.refusals) {
  for (const program of Object.keys(REFUSED)) {
    await part.scenario(`${program} refused with ${test.status}`, () => refusal(program, test));
  }
}
part.finish();
