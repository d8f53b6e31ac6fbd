// The real programs, each a process of its own, on ports that are free at the time; and a hospital made of them.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildDashboard, kSource } from './browser.mjs';

const kBin = path.resolve(process.env.WARDPULSE_BIN ?? path.join(kSource, 'build/bin'));

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Repeats `check` until it returns something true; what it throws counts as not yet, and is thrown after the deadline.
 */
export async function until(what, check, deadlineMs = 60_000) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    let problem = null;
    const answer = await Promise.resolve()
      .then(check)
      .catch((error) => {
        problem = error;
      });
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${deadlineMs / 1000} s: ${what}`, { cause: problem });
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

class Program {
  constructor(name, args, stem) {
    this.name = name;
    this.log = `${stem}.log`;
    this.output = `${stem}.out`;
    const files = [openSync(this.output, 'a'), openSync(this.log, 'a')];
    this.process = spawn(path.join(kBin, name), args, { stdio: ['ignore', ...files] });
    files.forEach(closeSync);
    this.ended = new Promise((resolve) => {
      this.process.on('error', resolve);
      this.process.on('exit', (code, signal) => resolve(code ?? signal));
    });
    this.process.on('error', (error) => console.error(`${name}: ${error.message}`));
  }

  words() {
    return readFileSync(this.output, 'utf8');
  }

  logged() {
    return readFileSync(this.log, 'utf8');
  }

  end(signal = 'SIGTERM') {
    this.process.kill(signal);
    return this.ended;
  }
}

const kNoMetrics = ['--metrics-listen', '127.0.0.1:0'];

/** A broker, a web service with the dashboard and a key to it, and whatever else a test starts. */
export class Hospital {
  folder = mkdtempSync(path.join(tmpdir(), 'wardpulse-live-'));
  #programs = [];
  #realBroker = null;
  brokers;
  key;
  port;
  web;

  /** With the embedded broker, or with Apache Kafka, which `./wardpulse broker` starts. */
  async open({ isReal = false } = {}) {
    buildDashboard(path.join(this.folder, 'dashboard'));
    this.brokers = isReal ? this.#startKafka() : await this.#startBroker();
    this.key = (await this.run('wardpulse-web', 'keys', 'create', '--keys', this.#keys, '--scope', 'read')).trim();
    this.port = await freePort();
  }

  get #keys() {
    return path.join(this.folder, 'keys');
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async #startBroker() {
    const broker = this.start('wardpulse-broker');
    return until('the broker is there', () => /^bootstrap=(.*)$/m.exec(broker.words())?.[1]);
  }

  #startKafka() {
    this.#realBroker = path.join(this.folder, 'broker');
    return /^bootstrap=(.*)$/m.exec(this.#script('start', '--real'))[1];
  }

  #script(action, ...options) {
    const args = ['broker', action, '--dir', this.#realBroker, ...options];
    return execFileSync(path.join(kSource, 'wardpulse'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  start(name, ...args) {
    const program = new Program(name, args, path.join(this.folder, `${this.#programs.length}-${name}`));
    this.#programs.push(program);
    return program;
  }

  /** A program to its end, which has to be a good one; what it wrote. */
  async run(name, ...args) {
    const program = this.start(name, ...args);
    assert.equal(await program.ended, 0, `${name} ${args[0]}`);
    return program.words();
  }

  startConsumer() {
    return this.start('wardpulse-consumer', '--brokers', this.brokers, ...kNoMetrics);
  }

  startProducer(...args) {
    return this.start('wardpulse-producer', 'simulate', '--brokers', this.brokers, ...kNoMetrics, ...args);
  }

  /** Also in place of one that has ended. */
  async startWeb() {
    const listen = ['--listen', `127.0.0.1:${this.port}`, '--private-listen', '127.0.0.1:0'];
    this.web = this.start('wardpulse-web', '--brokers', this.brokers, ...listen, '--keys', this.#keys, '--dashboard', path.join(this.folder, 'dashboard'));
    await until('the web service serves numbers', () => this.get('/api/v1/cells?family=task'));
  }

  async get(address) {
    const response = await fetch(`${this.url}${address}`, { headers: { 'X-API-Key': this.key } });
    assert.equal(response.status, 200, address);
    return response.json();
  }

  async cells(query) {
    return (await this.get(`/api/v1/cells?${query}`)).cells;
  }

  /** Ends all, the readers of the log before the broker, and removes what they wrote. Logs are shown when asked for. */
  async end({ showsLogs }) {
    for (const program of this.#programs.reverse()) {
      await program.end();
      if (showsLogs) console.error(`--- ${program.name}\n${program.logged().split('\n').slice(-30).join('\n')}`);
    }
    if (this.#realBroker) this.#script('stop');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
