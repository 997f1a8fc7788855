import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Brain } from './brain.js';
import { Connections, type SwallowScope } from './connections.js';
import { CONTROL_PREFIX, handleControl } from './control.js';
import type { Costs } from './costs.js';
import { Faults } from './faults.js';
import { Front } from './front.js';
import { Listener } from './listener.js';
import { Ollama } from './ollama.js';
import { openBrain } from './open-brain.js';
import { OpenAi } from './openai.js';
import { resolveOptions, type StandInOptions } from './options.js';
import { RequestLog, type RequestRecord, type RequestTotals } from './request-log.js';

/** The state of a stand-in; totals count from its start. */
export interface StandInStats extends RequestTotals {
  /** False while it refuses connections. */
  readonly listening: boolean;
  /** Open connections of clients. */
  readonly connections: number;
  readonly model: 'absent' | 'loading' | 'loaded';
  readonly loads: number;
  /** Requests that wait for the model or for their turn, that are being embedded, and that hang because of a fault rule. */
  readonly waiting: number;
  readonly running: number;
  readonly hanging: number;
  /** Time that requests have occupied the runner. */
  readonly busyMs: number;
}

/** Events. `change` follows each of the others. */
export interface StandInEvents {
  /** A request was read and is about to be answered. */
  request: [RequestRecord];
  /** A request hangs because of a fault rule. */
  hanging: [RequestRecord];
  /** A request was answered, dropped or swallowed, or its client hung up. */
  settled: [RequestRecord];
  /** The values of `stats` may have changed. */
  change: [];
}

/** A server that behaves like Ollama or an OpenAI-compatible server, and that tests can control. See `startStandIn`. */
export class StandIn {
  readonly faults: Faults;
  readonly events = new EventEmitter<StandInEvents>();
  readonly #options: StandInOptions;
  readonly #ollama: Ollama;
  readonly #front: Front;
  readonly #log: RequestLog;
  readonly #connections: Connections;
  readonly #listener: Listener;
  readonly #control: Listener | undefined;
  #stopped = false;
  #switched: Promise<void> = Promise.resolve();

  private constructor(options: StandInOptions, brain: Brain) {
    const changed = () => this.events.emit('change');
    this.events.setMaxListeners(0);
    this.#options = options;
    this.#log = new RequestLog(options.logSize);
    this.#connections = new Connections(changed);
    this.#ollama = new Ollama(brain, options, changed);
    this.faults = new Faults(options.seed, () => {
      this.#applyFaults();
      changed();
    });
    this.#front = new Front({
      ollama: this.#ollama,
      openAi: new OpenAi(this.#ollama, options),
      faults: this.faults,
      log: this.#log,
      connections: this.#connections,
      recordTexts: options.recordTexts,
      emit: (event, record) => {
        this.events.emit(event, record);
        changed();
      },
    });
    const controlled = (request: IncomingMessage, response: ServerResponse) =>
      void handleControl(this, request, response);
    this.#listener = new Listener(
      options.host,
      options.port,
      (request, response) => {
        if (request.url?.startsWith(CONTROL_PREFIX)) controlled(request, response);
        else void this.#front.handle(request, response);
      },
      changed,
      this.#connections,
    );
    if (options.controlPort !== undefined) {
      this.#control = new Listener(options.host, options.controlPort, controlled, changed);
    }
  }

  /** @throws RangeError for a wrong option; the error of listening, such as EADDRINUSE */
  static async start(given: Partial<StandInOptions> = {}): Promise<StandIn> {
    const options = resolveOptions(given);
    const brain =
      typeof options.brain === 'string' ? await openBrain(options.brain, options.nativeDimensions) : options.brain;
    const standIn = new StandIn(options, brain);
    try {
      await standIn.#listener.open();
      await standIn.#control?.open();
    } catch (error) {
      await standIn.stop();
      throw error;
    }
    return standIn;
  }

  /** For `PALDOCS_OLLAMA_URL` or `PALDOCS_OPENAI_URL`. */
  get url(): string {
    return this.#listener.url;
  }

  /** Base URL of `/stand-in/…`: the control port if there is one, because that never refuses connections. */
  get controlUrl(): string {
    return (this.#control ?? this.#listener).url;
  }

  /** At least the last `logSize` requests, oldest first. */
  get requests(): readonly RequestRecord[] {
    return this.#log.records;
  }

  get stats(): StandInStats {
    const { loader, runner } = this.#ollama;
    return {
      ...this.#log.totals,
      listening: this.#listener.listening,
      connections: this.#connections.count,
      model: loader.state,
      loads: loader.loads,
      waiting: loader.waiting + runner.waiting,
      running: runner.running,
      hanging: this.#front.hanging,
      busyMs: runner.busyMs,
    };
  }

  /** What requests cost that start now. */
  get costs(): Costs {
    return this.#ollama.runner.costs;
  }

  /** Changes some of the costs, for requests that start from now on. */
  setCosts(changed: Partial<Costs>): void {
    this.#ollama.runner.setCosts(changed);
  }

  /** How often each text's vector was sent. Needs `recordTexts`. */
  timesEmbedded(): Map<string, number> {
    if (!this.#options.recordTexts) throw new Error('timesEmbedded needs the option recordTexts');
    return this.#log.timesEmbedded();
  }

  /**
   * Swallows connections that are open now, for good: nothing is closed, but requests on them are not answered. New ones work.
   *
   * @param except a connection that is spared
   * @returns how many connections it swallowed
   */
  swallow(scope: SwallowScope = 'all', except?: Socket): number {
    return this.#connections.swallow(scope, except);
  }

  /** Empties `requests`; the totals in `stats` stay. */
  forgetRequests(): void {
    this.#log.clear();
  }

  /**
   * Resolves as soon as the condition holds, possibly at once. It is checked after each event, without polling.
   *
   * @param timeoutMs when to give up
   * @throws Error with the stand-in's state at the timeout, or with the error of the condition as its cause
   */
  waitFor(condition: (standIn: this) => boolean, timeoutMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.events.off('change', look);
        settle();
      };
      const look = () => {
        try {
          if (condition(this)) end(resolve);
        } catch (cause) {
          end(() => reject(new Error('the condition threw an error', { cause })));
        }
      };
      const timer = setTimeout(() => {
        const state = JSON.stringify(this.stats);
        end(() => reject(new Error(`the condition did not hold within ${timeoutMs} ms: ${state}`)));
      }, timeoutMs);
      this.events.on('change', look);
      look();
    });
  }

  #applyFaults(): void {
    if (this.#stopped) return;
    this.#switched = this.faults.isRefusing ? this.#listener.close() : this.#listener.open();
  }

  /** Resolves when connections are refused or accepted according to the fault rules. */
  faultsApplied(): Promise<void> {
    return this.#switched;
  }

  /** Closes all connections, including those of hanging requests. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#listener.close(), this.#control?.close()]);
  }
}

/**
 * Starts a stand-in for Ollama in this process.
 *
 *     const ollama = await startStandIn({ textMs: 5 });
 *     ollama.faults.add({ preset: 'busy', probability: 0.5 });
 *     await ollama.waitFor(({ stats }) => stats.textsEmbedded >= 10);
 *     await ollama.stop();
 */
export function startStandIn(options: Partial<StandInOptions> = {}): Promise<StandIn> {
  return StandIn.start(options);
}
