// Stands in for wardpulse-web where a test needs states that the real one is rarely in: a lost delta, silence, an old
// watermark, a session that ends. Speaks the same protocol. By hand: node fake_server.mjs BUILT_DASHBOARD [PORT]
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { answerApi } from './fake_api.mjs';
import { FakeHospital } from './fake_hospital.mjs';

export const kKey = 'wp_read_test_key';
const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};
const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

export class FakeServer {
  epoch = Date.now(); // of a server that was started anew it is another one
  hospital;
  /** Requests of clients, in order, for tests to look at. */
  received = [];
  isSilent = false;
  generation = 'live';
  keyIsGood = true;
  #dashboard;
  #http;
  #ws;
  #seqs = new Map();
  #clients = new Map(); // socket -> topics
  #timers = [];
  #sessions = new Set();

  constructor(dashboard, hospital = new FakeHospital()) {
    this.#dashboard = path.resolve(dashboard);
    this.hospital = hospital;
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#ws = new WebSocketServer({
      noServer: true,
      handleProtocols: (names) => (names.has('wardpulse.v1') ? 'wardpulse.v1' : false),
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(port = 0) {
    await new Promise((resolve) => this.#http.listen(port, '127.0.0.1', resolve));
    this.port = this.#http.address().port;
    this.#timers = [setInterval(() => this.heartbeat(), 250)];
    return this;
  }

  /** Patients arrive by themselves. */
  run(everyMs = 200) {
    this.#timers.push(
      setInterval(() => {
        this.hospital.step(everyMs);
        this.publish();
      }, everyMs),
    );
    return this;
  }

  /** Ends the server; a new one may be started on the same port. */
  async stop() {
    this.#timers.forEach(clearInterval);
    this.dropConnections();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  dropConnections() {
    for (const socket of this.#clients.keys()) socket.terminate();
  }

  /** As after their hours: open connections stay. */
  endSessions() {
    this.#sessions.clear();
  }

  /** Sends what changed as deltas. With `isLost` the number goes up and nobody is told. */
  publish({ isLost = false } = {}) {
    for (const [topic, changes] of this.hospital.takeChanges()) {
      const prev = this.#seq(topic);
      const seq = prev + 1;
      this.#seqs.set(topic, seq);
      if (!isLost) this.#toAll({ type: 'delta', topic, epoch: this.epoch, seq, prev, ...changes }, topic);
    }
  }

  /** Another generation is served from now on: every viewer gets snapshots of it. */
  promote(hospital, generation) {
    Object.assign(this, { hospital, generation, epoch: this.epoch + 1 });
    this.#seqs.clear();
    for (const [socket, topics] of this.#clients) for (const topic of topics) this.#snapshot(socket, topic);
  }

  heartbeat() {
    for (const [socket, topics] of this.#clients) {
      const points = [...topics].map((topic) => [topic, { epoch: this.epoch, seq: this.#seq(topic) }]);
      this.#send(socket, {
        type: 'heartbeat',
        topics: Object.fromEntries(points),
        watermark: this.hospital.watermark,
        server_time: new Date().toISOString(),
      });
    }
  }

  #seq(topic) {
    return this.#seqs.get(topic) ?? 0;
  }

  #toAll(message, topic) {
    for (const [socket, topics] of this.#clients) if (topics.has(topic)) this.#send(socket, message);
  }

  #send(socket, message) {
    if (!this.isSilent) socket.send(JSON.stringify(message));
  }

  #upgrade(request, socket, head) {
    if (!this.#hasSession(request)) return socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
    this.#ws.handleUpgrade(request, socket, head, (client) => {
      this.#clients.set(client, new Set());
      client.on('message', (text) => this.#receive(client, JSON.parse(text)));
      client.on('close', () => this.#clients.delete(client));
    });
  }

  #receive(client, message) {
    this.received.push(message);
    const topics = this.#clients.get(client);
    for (const topic of message.topics) {
      if (message.op === 'unsubscribe') {
        topics.delete(topic);
        continue;
      }
      topics.add(topic);
      const point = message.resume?.[topic];
      if (point?.epoch !== this.epoch || point.seq !== this.#seq(topic)) this.#snapshot(client, topic);
    }
  }

  #snapshot(client, topic) {
    const cells = [...this.hospital.topics.get(topic).values()];
    const head = { type: 'snapshot', topic, epoch: this.epoch, seq: this.#seq(topic) };
    for (let at = 0; ; at += 256) {
      const more = at + 256 < cells.length;
      this.#send(client, { ...head, cells: cells.slice(at, at + 256), ...(more && { more }) });
      if (!more) return;
    }
  }

  #hasSession(request) {
    return [...this.#sessions].some((session) => request.headers.cookie?.includes(session));
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.url);
    response.setHeader('Content-Security-Policy', kPolicy);
    if (pathname === '/session') {
      const isGood = request.headers['x-api-key'] === kKey && this.keyIsGood;
      if (isGood) {
        const session = `session=${this.#sessions.size}-${Date.now()}`;
        this.#sessions.add(session);
        response.setHeader('Set-Cookie', `${session}; HttpOnly; SameSite=Strict; Path=/`);
      }
      return response.writeHead(isGood ? 204 : 401).end();
    }
    if (/^\/(api|metrics|public|events)/.test(pathname)) return this.#api(request, response);
    await this.#file(['/', '/dashboard'].includes(pathname) ? '/index.html' : pathname, response);
  }

  #api(request, response) {
    const url = new URL(request.url, this.url);
    if (this.isSilent) return; // no answer, and no end
    const isAllowed = url.pathname.startsWith('/public/') || this.#hasSession(request);
    const answer = isAllowed ? answerApi(this.hospital, url, this.generation) : null;
    if (answer) return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    response.writeHead(isAllowed ? 404 : 401, { 'Content-Type': 'application/problem+json' });
    response.end(JSON.stringify({ status: 404, detail: 'there is nothing at this address' }));
  }

  async #file(name, response) {
    const file = path.join(this.#dashboard, path.normalize(name));
    const isThere = await stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!isThere) return response.writeHead(404).end();
    response.setHeader('Content-Type', kTypes[path.extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await new FakeServer(process.argv[2], new FakeHospital()).start(Number(process.argv[3] ?? 0));
  server.run();
  console.log(`${server.url}/#key=${kKey}`);
}
