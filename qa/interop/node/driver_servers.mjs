// `ws` as a server of the echo clients on the drivers.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import {
  Quiet, WsPeer, codesOf, codesOfDrivers, conversation, driverCloses, oneOfHundred, peerCloses,
} from './driver_exchange.mjs';
import { environment } from './harness.mjs';

const CERT = environment('DRIVER_CERT');
const files = { cert: readFileSync(CERT), key: readFileSync(environment('DRIVER_KEY')) };

// Serves one run of the program, which must end with 0.
async function visit(part, driver, scheme, handler, connections = 1) {
  const http = scheme === 'wss' ? createTlsServer(files) : createServer();
  const server = new WebSocketServer({ server: http, maxPayload: 32 << 20 });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const handled = [];
  server.on('connection', (ws) => {
    // if a handler throws, the program is not left waiting
    const ending = handler(new WsPeer(ws)).finally(() => ws.close());
    ending.catch(() => {});
    handled.push(ending);
  });
  const child = spawn(environment('DRIVER_ECHO'), [
    '--driver', driver, '--role', 'client', '--cacert', CERT, '--connections', `${connections}`,
    `${scheme}://localhost:${http.address().port}/a?b=c`,
  ]);
  const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  http.close();
  await Promise.all(handled);
  part.equal('exit status', [status, err, handled.length], [0, '', connections]);
}

let failures = 0;
for (const driver of ['tokio', 'std', 'hyper', 'embedded']) {
  for (const scheme of ['ws', 'wss']) {
    const part = new Quiet(`ws server, ${scheme} client on ${driver}`);
    await part.scenario('messages', () =>
      visit(part, driver, scheme, async (peer) => {
        await conversation(part, peer);
        await peerCloses(part, peer, { code: 1000, reason: '' });
      }),
    );
    await part.scenario('closes', async () => {
      for (const test of codesOf(WsPeer)) await visit(part, driver, scheme, (peer) => peerCloses(part, peer, test));
      part.held('close codes and reasons of the peer come back');
      for (const test of codesOfDrivers) await visit(part, driver, scheme, (peer) => driverCloses(part, peer, test));
      part.held('close codes and reasons of the driver arrive');
    });
    await part.scenario('100 connections', async () => {
      let number = 0;
      await visit(part, driver, scheme, (peer) => oneOfHundred(part, peer, number++), 100);
      part.held('100 connections at once get their own messages and closes');
    });
    failures += part.failures;
  }
}
process.exit(failures ? 1 : 0);
