// What the checks of browsers share: how they start, and what runs inside the page.

// What the checks call inside the page. Messages are made there as the harness makes them.
export function helpers() {
  const text = (size) => {
    const units = [];
    for (let number = 0; ; number++) {
      const unit = `${number}é€🦀`;
      const bytes = new TextEncoder().encode(unit).length;
      if (size < bytes) return units.join('') + '.'.repeat(size);
      units.push(unit);
      size -= bytes;
    }
  };
  const binary = (size) => {
    const words = new Uint32Array((size >> 2) + 1);
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1);
    return new Uint8Array(words.buffer, 0, size);
  };
  const same = (got, sent) => {
    if (typeof sent === 'string') return got === sent;
    const bytes = new Uint8Array(got);
    return bytes.length === sent.length && bytes.every((byte, i) => byte === sent[i]);
  };
  const connect = (url) =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(url);
      ws.binaryType = 'arraybuffer';
      ws.onopen = () => resolve(ws);
      ws.onerror = () => reject(new Error(`no connection to ${url}`));
    });
  const ended = (ws) =>
    new Promise((resolve) => {
      ws.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
    });
  const answer = (ws) =>
    new Promise((resolve, reject) => {
      ws.onmessage = ({ data }) => resolve(data);
      ws.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    });
  window.interop = {
    connect,
    ended,
    answer,
    // The names of the messages that do not come back.
    async echoes(url, cases) {
      const ws = await connect(url);
      const lost = [];
      for (const test of cases) {
        const sent = test.text ?? (test.text_bytes === undefined ? binary(test.binary_bytes) : text(test.text_bytes));
        ws.send(sent);
        if (!same(await answer(ws), sent)) lost.push(test.name);
      }
      const end = ended(ws);
      ws.close(1000);
      return { lost, end: await end };
    },
    async closes(url, code, reason, byDriver) {
      const ws = await connect(url);
      const end = ended(ws);
      if (byDriver) ws.send(`/close ${code} ${reason}`);
      else if (code === null) ws.close();
      else ws.close(code, reason);
      return end;
    },
    // Whether each of 100 connections gets its own messages and its own close code.
    async hundred(url) {
      const all = await Promise.all(Array.from({ length: 100 }, () => connect(url)));
      return Promise.all(
        all.map(async (ws, number) => {
          for (let i = 0; i < 5; i++) {
            const message = `🦀 ${number}.${i} ${'x'.repeat(number * 50)}`;
            ws.send(message);
            if ((await answer(ws)) !== message) return false;
          }
          const end = ended(ws);
          ws.close(4000 + number, 'bye');
          const { code, reason, wasClean } = await end;
          return code === 4000 + number && reason === 'bye' && wasClean;
        }),
      );
    },
  };
}

export const CHROMIUM = {
  browser: 'chrome',
  executablePath: '/usr/bin/chromium',
  // root has no sandbox, and nothing but the page is to be asked for over the network
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
};
export const FIREFOX = {
  browser: 'firefox',
  executablePath: '/usr/bin/firefox-esr',
  // one page opens 100 connections to one server
  extraPrefsFirefox: { 'network.websocket.max-connections': 300 },
};
