// The library `ws` as a client of the compressing echo_server, with each kind of offer, and through nginx; and of the servers on
// the drivers.

import { once } from 'node:events';
import WebSocket from 'ws';
import { checkWire, exchange, pingBetween } from './deflate_exchange.mjs';
import { tap } from './deflate_tap.mjs';
import { Quiet, WsPeer } from './driver_exchange.mjs';
import { CASES, content, environment } from './harness.mjs';

const SERVERS = environment('DEFLATE_URLS').trim().split('\n').map((line) => line.split(' '));
const PROGRAM = environment('DEFLATE_SERVER');
let failures = 0;

const OFFERS = [];
for (const [server, client] of [[false, false], [false, true], [true, false], [true, true]]) {
  // `false` for the client would refuse the server's wish
  const takeover = { serverNoContextTakeover: server, ...(client && { clientNoContextTakeover: true }) };
  OFFERS.push(takeover);
  for (let bits = 9; bits <= 15; bits++) {
    OFFERS.push({ ...takeover, serverMaxWindowBits: bits, clientMaxWindowBits: 24 - bits });
  }
}
// zlib makes it 9, and the RFC allows to offer it
OFFERS.push({ serverMaxWindowBits: 8, clientMaxWindowBits: 8 });

class Peer extends WsPeer {
  send(message, compress = true) {
    this.ws.send(message, { compress });
  }

  pingBetween(part) {
    return pingBetween(part, this.ws, () => this.recv());
  }
}

async function open(url, offer) {
  const ws = new WebSocket(url, { perMessageDeflate: offer && { ...offer, threshold: 0 }, maxPayload: 32 << 20 });
  await once(ws, 'open');
  return new Peer(ws);
}

for (const [name, url] of SERVERS) {
  const part = new Quiet(`ws client, ${PROGRAM} ${name}`);
  const wire = await tap(url);
  const agrees = name !== 'without';
  // all offers to the server that agrees to each, and some to those with a will of their own
  const offers = name === 'with' ? OFFERS : OFFERS.filter((_, i) => i % 5 === 0);
  for (const offer of [false, ...offers]) {
    await part.scenario(`offer ${JSON.stringify(offer)}`, async () => {
      const peer = await open(wire.url, offer);
      // 1 MB, where all of the window is used, and where the least is
      await exchange(part, peer, offer && (offer.serverMaxWindowBits ?? 9) === 9 && !offer.clientNoContextTakeover);
      peer.close(1000, 'bye');
      part.equal('the Close', await peer.end, { code: 1000, reason: 'bye' });
      checkWire(part, wire.seen, agrees && offer !== false, {});
      const answer = wire.seen.down.extensions;
      const limit = (parameter, wanted) => {
        const bits = Number(new RegExp(`${parameter}=(\\d+)`).exec(answer)?.[1] ?? 15);
        if (bits > wanted) part.equal(parameter, bits, wanted);
      };
      if (agrees && offer) {
        limit('server_max_window_bits', offer.serverMaxWindowBits ?? 15);
        limit('client_max_window_bits', offer.clientMaxWindowBits ?? 15);
        if (offer.serverNoContextTakeover) part.equal(answer, answer.includes('server_no_context_takeover'), true);
      }
    });
  }
  part.held(`${offers.length} offers and none: messages, fragments, Pings, plain messages between`);
  await part.scenario('close codes', async () => {
    for (const { code, reason } of CASES.closes) {
      const peer = await open(url, {});
      peer.close(code, reason);
      part.equal(`close ${code}`, await peer.end, { code: code ?? 1005, reason });
    }
    part.held('close codes and reasons come back');
  });
  wire.close();
  failures += part.failures;
}

const large = new Quiet(`ws client, ${PROGRAM} ${SERVERS[0][0]}`);
await large.scenario('16 MB', async () => {
  const peer = await open(SERVERS[0][1], {});
  const message = content(CASES.driver_large);
  peer.send(message);
  large.equal('16 MB', Buffer.compare(await peer.recv(), message), 0);
  large.held('a message of 16 MB comes back');
  peer.ws.terminate();
});
failures += large.failures;

for (const [proxy, url] of environment('DEFLATE_PROXIES').trim().split('\n').filter(Boolean).map((line) => line.split(' '))) {
  const part = new Quiet(`ws client, echo_server with, through ${proxy}`);
  const wire = await tap(url);
  await part.scenario('through a proxy', async () => {
    const peer = await open(wire.url, { serverMaxWindowBits: 12 });
    await exchange(part, peer, true);
    peer.close(4000, 'bye');
    part.equal('the Close', await peer.end, { code: 4000, reason: 'bye' });
    checkWire(part, wire.seen, true, { server_max_window_bits: 12 });
    part.held('messages, fragments, Pings, plain messages between');
  });
  wire.close();
  failures += part.failures;
}
process.exit(failures ? 1 : 0);
