// The library `ws` as a server of the compressing echo_client, with each kind of parameters, or of a client on a driver, with
// some.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { checkWire, exchange, pingBetween } from './deflate_exchange.mjs';
import { tap } from './deflate_tap.mjs';
import { Quiet, WsPeer } from './driver_exchange.mjs';
import { environment } from './harness.mjs';

// the command, and the name that the checks have
const [CLIENT, ...ARGUMENTS] = environment('DEFLATE_CLIENT').split(' ');
const part = new Quiet(`ws server, ${environment('DEFLATE_CLIENT_NAME')}`);
// of the parameters, one of so many is tried
const STEP = Number(environment('DEFLATE_STEP'));
let count = 0;
const isTried = () => count++ % STEP === 0;

class Peer extends WsPeer {
  send(message, compress = true) {
    this.ws.send(message, { compress });
  }

  pingBetween(part) {
    return pingBetween(part, this.ws, () => this.recv());
  }
}

// Serves one run of the program.
async function visit(options, parameters, long, agreed) {
  const server = new WebSocketServer({
    port: 0, host: '127.0.0.1', maxPayload: 32 << 20, perMessageDeflate: options && { ...options, threshold: 0 },
  });
  await once(server, 'listening');
  const wire = await tap(`ws://127.0.0.1:${server.address().port}/`);
  const handled = once(server, 'connection').then(async ([ws]) => {
    try {
      const peer = new Peer(ws);
      await exchange(part, peer, long);
      peer.close(4001, 'bye');
      return await peer.end;
    } catch (error) {
      ws.terminate();
      throw error;
    }
  });
  handled.catch(() => {});
  const child = spawn(CLIENT, [...ARGUMENTS, wire.url, `--deflate=${parameters}`]);
  const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  part.equal('the program', [status, err], [0, '']);
  part.equal('the Close', await handled, { code: 4001, reason: 'bye' });
  checkWire(part, wire.seen, agreed, {});
  wire.close();
  server.close();
}

const takeovers = ['', 'server_no_context_takeover', 'client_no_context_takeover', 'server_no_context_takeover,client_no_context_takeover'];
await part.scenario('the server without compression', () => visit(false, '', false, false));
for (const takeover of takeovers) {
  for (let bits = 9; bits <= 15; bits++) {
    if (!isTried()) continue;
    const parameters = `${takeover},server_max_window_bits=${bits},client_max_window_bits=${24 - bits}`;
    await part.scenario(parameters, () => visit({}, parameters, bits === 9 || bits === 15, true));
  }
}
part.held(`${Math.ceil(count / STEP)} offers: messages, fragments, Pings, plain messages between`);
count = 0;
for (const serverNoContextTakeover of [false, true]) {
  for (const clientNoContextTakeover of [false, true]) {
    for (let bits = 9; bits <= 15; bits++) {
      if (!isTried()) continue;
      const options = {
        serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits: bits, clientMaxWindowBits: 24 - bits,
      };
      await part.scenario(JSON.stringify(options), () => visit(options, '', false, true));
    }
  }
}
part.held(`${Math.ceil(count / STEP)} answers: messages, fragments, Pings, plain messages between`);
process.exit(part.failures ? 1 : 0);
