import { WorkerError } from '../base/errors.js';
import type { Events } from '../telemetry/events.js';
import { abortable } from '../base/abortable.js';
import type { Logger } from '../telemetry/logger.js';
import { sleep } from '../base/sleep.js';
import type { Dialect } from './dialect.js';
import {
  inputMayBeAtFault,
  ProviderMisconfiguredError,
  ProviderUnavailableError,
  type ProviderError,
} from './errors.js';

/**
 * Holds all work while the server cannot do it.
 *
 *     open ──report(error)──▶ closed: probe, at once, then with growing pauses ──a probe succeeds──▶ open
 *
 * What fails is first taken for an outage: nobody's fault, nothing is spent, and no human is needed afterwards. The
 * probe embeds a text that is known to be good, so that its success says two things: the server works, and what failed
 * before it was either a passing outage or the failed text's own fault. Whoever failed tries again and finds out.
 */

/**
 * The pause between probes is a quarter of the outage so far, within these bounds: a server that fails every second
 * request costs little (doubling pauses cost 11 s where these cost 2), one that is away for long is asked seldom, and
 * none stands idle for longer than the longest pause after its return.
 */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 4_000;
const PAUSE_SHARE = 1 / 4;
/** A server that asks for more patience than this is asked again all the same. */
const LONGEST_RETRY_AFTER_MS = 60_000;
/** The same outage is logged again after so long. */
const REMIND_MS = 60_000;

export interface GateOptions {
  readonly dialect: Dialect;
  /** Embeds the known-good text; rejects with what is wrong. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly events: Events;
  readonly log: Logger;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #stopping = new AbortController();
  /** Resolves when the gate opens; undefined while it is open. */
  #closed: Promise<void> | undefined;
  /** Since when no request has worked; undefined while they do. */
  #troubledSince: number | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Closes the gate, if it is open, for what went wrong. */
  report(error: ProviderError): void {
    if (this.#closed !== undefined || this.#stopping.signal.aborted) return;
    const { dialect, events, log } = this.#options;
    // What a text may have caused is no sign of a storm: its failures are few, and good texts pass between them.
    const since = inputMayBeAtFault(error) ? undefined : this.#troubledSince;
    if (!inputMayBeAtFault(error)) this.#troubledSince ??= performance.now();
    this.#closed = this.#probeUntilGood(error, since).finally(() => {
      this.#closed = undefined;
      events.emit('gate', { open: true });
    });
    events.emit('gate', { open: false }); // whoever hears it finds it closed
    events.emit('gate-reason', { reason: error.code });
    log.warn(...complaint(dialect.name, error));
  }

  /** Told of each request that worked: the trouble is over. */
  worked(): void {
    this.#troubledSince = undefined;
  }

  /**
   * Waits until the gate is open.
   *
   * @throws the signal's reason when it is aborted first
   */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#closed !== undefined) await abortable(this.#closed, signal);
    signal.throwIfAborted();
  }

  /** Ends the probing; whoever waits is let go by its own signal. */
  stop(): void {
    this.#stopping.abort();
  }

  /**
   * @param troubledSince when the trouble began, where it is not new. New trouble is probed at once, since that tells
   * a bad text from a bad server; a server that embeds the probe and then fails the work is asked less and less often
   */
  async #probeUntilGood(first: WorkerError, troubledSince: number | undefined): Promise<void> {
    const { dialect, probe, events, log } = this.#options;
    const { signal } = this.#stopping;
    const closedAt = performance.now();
    let remindedAt = closedAt;
    let error: WorkerError = first;
    for (let probes = 0; !signal.aborted; probes++) {
      const isNew = probes === 0 && troubledSince === undefined;
      const pauseMs = isNew ? 0 : growingPauseMs(performance.now() - (troubledSince ?? closedAt));
      const wait = Math.max(pauseMs, maxOutageMs(error));
      await sleep(wait, signal); // stop() ends it
      if (signal.aborted) return;
      try {
        await probe(signal);
        log.info(`${dialect.name} recovered; resuming`, {
          seconds: Math.round((performance.now() - closedAt) / 100) / 10,
        });
        return;
      } catch (failure) {
        if (signal.aborted) return;
        const { code } = error;
        error = asWorkerError(dialect, failure);
        if (error.code !== code) events.emit('gate-reason', { reason: error.code });
        if (performance.now() - remindedAt > REMIND_MS) {
          remindedAt = performance.now();
          log.warn(...complaint(dialect.name, error));
        }
      }
    }
  }
}

function growingPauseMs(outageMs: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, outageMs * PAUSE_SHARE));
  return pause * (0.75 + Math.random() / 4); // so that replicas do not ask together
}

/** What the server asked for, within reason. */
function maxOutageMs(error: WorkerError): number {
  return error instanceof ProviderUnavailableError ? Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS) : 0;
}

function complaint(name: string, error: WorkerError): [string, object] {
  return error instanceof ProviderMisconfiguredError
    ? [`${name} is misconfigured; paused until it is fixed`, { error }]
    : [`${name} is failing; paused until a probe succeeds`, { error }];
}

function asWorkerError({ codes }: Dialect, failure: unknown): WorkerError {
  if (failure instanceof ProviderUnavailableError || failure instanceof ProviderMisconfiguredError) return failure;
  const message = failure instanceof Error ? failure.message : String(failure);
  return new ProviderUnavailableError(
    codes.probeFailed,
    `a text that is known to be good was not embedded: ${message}`,
    { inputMayBeAtFault: false, fix: failure instanceof WorkerError ? failure.fix : undefined },
  );
}
