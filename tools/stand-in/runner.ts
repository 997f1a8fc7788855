import { abandonedCostMs, costsOf, requestCostMs, type Costs } from './costs.js';
import { HungUp, serverBusy } from './refusal.js';

/**
 * Embeds requests: a first-in, first-out queue in front of one lane (as in Ollama) or several.
 *
 * It keeps time as a GPU would: a request starts when its lane becomes free, not when our timer fires, so late timers delay
 * an answer by a millisecond or two but do not reduce the throughput. A request whose client hangs up leaves the queue, or
 * frees its lane after the current text.
 */
export class Runner {
  readonly #parallel: number;
  readonly #maxQueue: number;
  readonly #lanes: Lane[] = [];
  readonly #queue: Job[] = [];
  readonly #onChange: () => void;
  #costs: Costs;
  #busyMs = 0;

  constructor(options: Costs & { parallel: number; maxQueue: number }, onChange: () => void = () => {}) {
    this.#costs = costsOf(options);
    this.#parallel = options.parallel;
    this.#maxQueue = options.maxQueue;
    this.#onChange = onChange;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get running(): number {
    return this.#lanes.filter((lane) => lane.job !== undefined).length;
  }

  get costs(): Costs {
    return this.#costs;
  }

  /** Changes some of the costs, for requests that start from now on. */
  setCosts(changed: Partial<Costs>): void {
    this.#costs = { ...this.#costs, ...changed };
  }

  /** Time that requests have occupied lanes, summed over the lanes. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /**
   * Runs `work` when its turn comes, and settles when both the work and the configured time are over.
   *
   * @throws Refusal 503 if the queue is full; HungUp when the signal is aborted; what `work` throws; the error of `crash`
   */
  run<T>(texts: readonly string[], signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
    if (this.#queue.length >= this.#maxQueue && this.#freeLane() === undefined) return Promise.reject(serverBusy());
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(new HungUp());
      const job: Job = {
        texts,
        enqueuedAt: performance.now(),
        settled: false,
        perform: async () => {
          const result = await work();
          return () => resolve(result);
        },
        fail: (error) => {
          job.settled = true;
          signal.removeEventListener('abort', leave);
          reject(asError(error));
        },
        done: (deliver) => {
          job.settled = true;
          signal.removeEventListener('abort', leave);
          deliver();
        },
      };
      const leave = () => this.#abandon(job, new HungUp());
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.push(job);
      this.#startNext();
      this.#onChange();
    });
  }

  /** Fails all running and waiting requests, as a crash of Ollama's runner process does. */
  crash(error: Error): void {
    const jobs = [...this.#lanes.flatMap((lane) => lane.job ?? []), ...this.#queue];
    for (const job of jobs) this.#abandon(job, error);
  }

  #freeLane(): Lane | undefined {
    const free = this.#lanes.find((lane) => lane.job === undefined);
    if (free !== undefined || this.#lanes.length >= this.#parallel) return free;
    const lane: Lane = { freeAt: 0, startedAt: 0, costs: this.#costs, job: undefined, timer: undefined };
    this.#lanes.push(lane);
    return lane;
  }

  #startNext(): void {
    for (;;) {
      if (this.#queue.length === 0) return;
      const lane = this.#freeLane();
      if (lane === undefined) return;
      const job = this.#queue.shift();
      if (job !== undefined) void this.#start(lane, job);
    }
  }

  async #start(lane: Lane, job: Job): Promise<void> {
    lane.job = job;
    lane.startedAt = Math.max(job.enqueuedAt, lane.freeAt);
    lane.costs = this.#costs;
    const began = performance.now();
    try {
      const deliver = await job.perform();
      // A configured cost replaces the real time, so the machine's load does not matter.
      const costMs = requestCostMs(lane.costs, job.texts) || performance.now() - began;
      if (!job.settled) this.#deliverAt(lane, job, lane.startedAt + costMs, deliver);
    } catch (error) {
      if (job.settled) return;
      job.fail(error);
      this.#release(lane, performance.now());
    }
  }

  #deliverAt(lane: Lane, job: Job, timeMs: number, deliver: () => void): void {
    const left = timeMs - performance.now();
    if (left > 0) {
      lane.timer = setTimeout(() => this.#deliverAt(lane, job, timeMs, deliver), Math.ceil(left));
      return;
    }
    job.done(deliver);
    this.#release(lane, timeMs);
  }

  #release(lane: Lane, timeMs: number): void {
    clearTimeout(lane.timer);
    this.#busyMs += Math.max(0, timeMs - lane.startedAt);
    lane.freeAt = timeMs;
    lane.job = undefined;
    this.#startNext();
    this.#onChange();
  }

  #abandon(job: Job, error: Error): void {
    if (job.settled) return;
    job.fail(error);
    const lane = this.#lanes.find((candidate) => candidate.job === job);
    if (lane === undefined) {
      this.#queue.splice(this.#queue.indexOf(job), 1);
    } else {
      const elapsedMs = performance.now() - lane.startedAt;
      this.#release(lane, lane.startedAt + abandonedCostMs(lane.costs, job.texts, elapsedMs));
    }
  }
}

interface Job {
  readonly texts: readonly string[];
  readonly enqueuedAt: number;
  settled: boolean;
  /** Computes the result. The returned function delivers it when its time has come. */
  readonly perform: () => Promise<() => void>;
  readonly fail: (error: unknown) => void;
  readonly done: (deliver: () => void) => void;
}

interface Lane {
  freeAt: number;
  startedAt: number;
  /** Of the current request. They are those at its start, even if they change meanwhile. */
  costs: Costs;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
