// A relay before a server, which sees what is on the wire: heads, and the first byte and length of each data frame.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

// One direction: the head, then frames. `compressed` and `plain` count the messages, `bytes` those of their payloads.
class Direction {
  head = '';
  compressed = 0;
  plain = 0;
  bytes = 0;
  rest = Buffer.alloc(0);
  skip = 0;

  push(data) {
    let at = 0;
    if (!this.head.endsWith('\r\n\r\n')) {
      const all = this.head + data.toString('latin1');
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) {
        this.head = all;
        return;
      }
      at = end + 4 - this.head.length;
      this.head = all.slice(0, end + 4);
    }
    this.rest = Buffer.concat([this.rest, data.subarray(at)]);
    for (;;) {
      const skipped = Math.min(this.skip, this.rest.length);
      this.rest = this.rest.subarray(skipped);
      this.skip -= skipped;
      if (this.skip > 0 || this.rest.length < 2) return;
      const [first, second] = this.rest;
      const short = second & 0x7f;
      const header = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
      if (this.rest.length < header) return;
      let length = short;
      if (short === 126) length = this.rest.readUInt16BE(2);
      if (short === 127) length = Number(this.rest.readBigUInt64BE(2));
      const opcode = first & 0x0f;
      if (opcode < 8) this.bytes += length;
      if (opcode === 1 || opcode === 2) this[first & 0x40 ? 'compressed' : 'plain']++;
      this.skip = header + length;
    }
  }

  // What the header field of the extensions says.
  get extensions() {
    return /^sec-websocket-extensions: *(.*?)\r?$/im.exec(this.head)?.[1] ?? '';
  }
}

// Relays to the server of a URL. `seen` has what passed on the newest connection.
export async function tap(url) {
  const { hostname, port, pathname } = new URL(url);
  const it = { seen: null };
  const server = createServer((client) => {
    const seen = (it.seen = { up: new Direction(), down: new Direction() });
    const upstream = connect(Number(port), hostname);
    for (const [from, to, direction] of [[client, upstream, seen.up], [upstream, client, seen.down]]) {
      from.setNoDelay(true);
      from.on('data', (data) => direction.push(data));
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  it.url = `ws://127.0.0.1:${server.address().port}${pathname}`;
  it.close = () => server.close();
  return it;
}
