// The real programs, each a process of its own, on ports that are free at the time.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kSource } from './browser.mjs';

const kBin = path.resolve(process.env.WARDPULSE_BIN ?? path.join(kSource, 'build/bin'));

export function freePort() {
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
export async function until(what, check, deadlineMs = 30_000) {
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
  constructor(name, args, folder) {
    this.name = name;
    this.log = path.join(folder, `${name}.log`);
    this.output = path.join(folder, `${name}.out`);
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

  end(signal = 'SIGTERM') {
    this.process.kill(signal);
    return this.ended;
  }
}

export class Programs {
  folder = mkdtempSync(path.join(tmpdir(), 'wardpulse-live-'));
  #programs = [];

  start(name, ...args) {
    const program = new Program(name, args, this.folder);
    this.#programs.push(program);
    return program;
  }

  /** Ends all, the readers of the log before the broker, and removes what they wrote. Logs are shown when asked for. */
  async end({ showsLogs }) {
    for (const program of this.#programs.reverse()) {
      await program.end();
      if (showsLogs)
        console.error(`--- ${program.name}\n${readFileSync(program.log, 'utf8').split('\n').slice(-30).join('\n')}`);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
