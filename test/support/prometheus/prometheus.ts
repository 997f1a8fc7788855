import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../cluster/free-port.js';
import { guard, type Guard } from '../cluster/guard.js';
import { poll } from '../poll.js';
import type { Programs } from './programs.js';

/** One element of an instant vector. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

const START_TIMEOUT_MS = 20_000;

/** A Prometheus that scrapes replicas of the worker five times a second. A platform does so every half minute. */
export class Prometheus {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #guard: Guard;
  readonly #targets: number;

  /** @param targets `host:port` of the replicas */
  static async start({ prometheus }: Programs, targets: readonly string[]): Promise<Prometheus> {
    const directory = await mkdtemp(join(tmpdir(), 'embedding-worker-prometheus-'));
    const config = {
      global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
      scrape_configs: [
        {
          job_name: 'pal-e/embedding-worker',
          // The labels that the Prometheus operator puts on pods.
          static_configs: targets.map((target, i) => ({
            targets: [target],
            labels: { namespace: 'pal-e', pod: `embedding-worker-${i}` },
          })),
        },
      ],
    };
    await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(config)); // JSON is valid YAML
    const port = await freePort();
    const started = spawn(
      prometheus,
      [
        `--config.file=${directory}/prometheus.yml`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const stderr: string[] = [];
    started.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
    const server = new Prometheus(started, directory, port, targets.length);
    const ready = await poll(START_TIMEOUT_MS, async () =>
      started.exitCode === null ? await server.#isReady() : false,
    );
    if (ready === true) return server;
    await server.stop();
    throw new Error(`Prometheus did not start:\n${stderr.join('')}`);
  }

  private constructor(process: ChildProcess, directory: string, port: number, targets: number) {
    this.#process = process;
    this.#guard = guard('kill -9 "$1" 2>/dev/null; rm -rf "$2"', [String(process.pid), directory]);
    this.url = `http://127.0.0.1:${port}`;
    this.#targets = targets;
  }

  /**
   * The result of a query for an instant vector or a scalar.
   *
   * @throws Error with Prometheus's message if it rejects the query
   */
  async query(promql: string): Promise<Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query: promql }).toString()}`);
    const answer = (await response.json()) as Answer;
    if (answer.status !== 'success') throw new Error(`${promql}: ${answer.error ?? 'no answer'}`);
    const { resultType, result } = answer.data;
    if (resultType === 'scalar') return [{ metric: {}, value: Number(result[1]) }];
    if (resultType !== 'vector') throw new Error(`${promql}: a ${resultType}, where a vector was expected`);
    return (result as { metric: Record<string, string>; value: [number, string] }[]).map(({ metric, value }) => ({
      metric,
      value: Number(value[1]),
    }));
  }

  /**
   * Repeats a query until its result satisfies the predicate, because values arrive with the next scrape.
   *
   * @throws Error with the last result, after the timeout
   */
  async until(promql: string, wanted: (samples: Sample[]) => boolean, timeoutMs = 15_000): Promise<Sample[]> {
    let last: Sample[] = [];
    const found = await poll(timeoutMs, async () => {
      last = await this.query(promql);
      return wanted(last) ? last : undefined;
    });
    if (found === undefined) throw new Error(`${promql}: not within ${timeoutMs} ms, last ${JSON.stringify(last)}`);
    return found;
  }

  /**
   * Resolves when this value is the only result, and is the same after all replicas have been scraped once more. A late scrape
   * leaves its replica out of the results until the next one; such results are ignored.
   */
  async untilSteady(promql: string, expected: number): Promise<void> {
    const ofAll = `(${promql}) and on() (count(up == 1) == ${this.#targets})`;
    await this.until(ofAll, ([sample, ...more]) => sample?.value === expected && more.length === 0);
    await this.scraped();
    const [again] = await this.until(ofAll, ({ length }) => length === 1);
    if (again?.value !== expected) throw new Error(`${promql}: ${expected} became ${again?.value}`);
  }

  /** Resolves when every replica has been scraped after now, so that queries return the present values. */
  async scraped(): Promise<void> {
    const now = Date.now() / 1000;
    await this.until(
      'timestamp(up == 1)',
      (samples) => samples.filter(({ value }) => value > now).length === this.#targets,
    );
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    await this.#guard.release();
  }

  async #isReady(): Promise<true | undefined> {
    try {
      return (await fetch(`${this.url}/-/ready`)).ok ? true : undefined;
    } catch {
      return undefined; // it does not listen yet
    }
  }
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly resultType: string; readonly result: readonly unknown[] };
}
