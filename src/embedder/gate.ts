import { abortable } from '../base/abortable.js';
import { WorkerError } from '../base/errors.js';
import { sleep } from '../base/sleep.js';
import type { Events } from '../telemetry/events.js';
import { LogLimit } from '../telemetry/log-limit.js';
import type { Logger } from '../telemetry/logger.js';
import type { Dialect } from './dialect.js';
import {
  inputMayBeAtFault,
  ProviderMisconfiguredError,
  ProviderUnavailableError,
  type ProviderError,
} from './errors.js';

/**
 * Pauses all work while the server fails.
 *
 *     open ──report(error)──▶ closed: probe at once, then with a growing backoff ──a probe succeeds──▶ open
 *
 * Every failure is treated as an outage first: it is no block's fault, it costs no attempt, and nobody has to act when it
 * is over. The probe embeds a known-good text. If it succeeds, the server works, so the failure was either a passing outage
 * or the text's own fault. The caller sends the text again to find out which.
 */

/**
 * The backoff between probes is a quarter of the outage so far, within these bounds. A server that fails every second
 * request costs little (2 s; a doubling backoff cost 11), one that is away for long gets few probes, and work resumes at
 * most `MAX_BACKOFF_MS` after the server is back.
 */
const MIN_BACKOFF_MS = 20;
const MAX_BACKOFF_MS = 4_000;
const BACKOFF_SHARE = 1 / 4;
/** A server that asks us to wait longer than this gets a probe anyway. */
const MAX_RETRY_AFTER_MS = 60_000;
/** How often a lasting outage is logged. */
const LOG_INTERVAL_MS = 60_000;

export interface GateOptions {
  readonly dialect: Dialect;
  /** Embeds the known-good text. Rejects with what is wrong. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly events: Events;
  readonly log: Logger;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #stopping = new AbortController();
  /** Resolves when the gate opens; undefined while it is open. */
  #closed: Promise<void> | undefined;
  /** When the current run of failures began; undefined after a request succeeded. */
  #failingSince: number | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Closes the gate because of an error, unless it is closed already. */
  report(error: ProviderError): void {
    if (this.#closed !== undefined || this.#stopping.signal.aborted) return;
    const { dialect, events, log } = this.#options;
    // An error that the text itself may have caused says nothing about the server, so it does not lengthen the backoff.
    const failingSince = inputMayBeAtFault(error) ? undefined : this.#failingSince;
    if (!inputMayBeAtFault(error)) this.#failingSince ??= performance.now();
    const logLimit = new LogLimit(LOG_INTERVAL_MS);
    this.#closed = this.#probeUntilGood(error, failingSince, logLimit).finally(() => {
      this.#closed = undefined;
      events.emit('gate', { open: true });
    });
    events.emit('gate', { open: false }); // after the change: listeners read `isOpen`
    events.emit('gate-reason', { reason: error.code });
    logLimit.run(() => log.warn(...logLine(dialect.name, error)));
  }

  /** Ends a run of failures: called after each request that succeeds. */
  succeeded(): void {
    this.#failingSince = undefined;
  }

  /**
   * Waits until the gate is open.
   *
   * @throws the signal's reason if it is aborted first
   */
  async whenOpen(signal: AbortSignal): Promise<void> {
    while (this.#closed !== undefined) await abortable(this.#closed, signal);
    signal.throwIfAborted();
  }

  /** Ends the probing. Waiting callers end through their own signals. */
  stop(): void {
    this.#stopping.abort();
  }

  /**
   * @param failingSince when the run of failures began; undefined if this error is the first. The first is probed at once,
   * which tells a bad text from a bad server. A server that embeds the probe and then fails the work again is probed less
   * and less often
   */
  async #probeUntilGood(first: WorkerError, failingSince: number | undefined, logLimit: LogLimit): Promise<void> {
    const { dialect, probe, events, log } = this.#options;
    const { signal } = this.#stopping;
    const closedAt = performance.now();
    let error: WorkerError = first;
    for (let probes = 0; !signal.aborted; probes++) {
      const isFirst = probes === 0 && failingSince === undefined;
      const backoffMs = isFirst ? 0 : backoffAfter(performance.now() - (failingSince ?? closedAt));
      await sleep(Math.max(backoffMs, retryAfterMs(error)), signal); // stop() ends it
      if (signal.aborted) return;
      try {
        await probe(signal);
        log.info(`${dialect.name} recovered; resuming`, {
          seconds: Math.round((performance.now() - closedAt) / 100) / 10,
        });
        return;
      } catch (failure) {
        if (signal.aborted) return;
        const current = asWorkerError(dialect, failure);
        if (current.code !== error.code) events.emit('gate-reason', { reason: current.code });
        logLimit.run(() => log.warn(...logLine(dialect.name, current)));
        error = current;
      }
    }
  }
}

function backoffAfter(outageMs: number): number {
  const backoff = Math.min(MAX_BACKOFF_MS, Math.max(MIN_BACKOFF_MS, outageMs * BACKOFF_SHARE));
  return backoff * (0.75 + Math.random() / 4); // jitter, so that replicas do not probe together
}

/** The wait that the server asked for, up to the maximum. */
function retryAfterMs(error: WorkerError): number {
  return error instanceof ProviderUnavailableError ? Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
}

function logLine(name: string, error: WorkerError): [string, object] {
  return error instanceof ProviderMisconfiguredError
    ? [`${name} is misconfigured; paused until it is fixed`, { error }]
    : [`${name} is failing; paused until a probe succeeds`, { error }];
}

function asWorkerError({ codes }: Dialect, failure: unknown): WorkerError {
  if (failure instanceof ProviderUnavailableError || failure instanceof ProviderMisconfiguredError) return failure;
  const message = failure instanceof Error ? failure.message : String(failure);
  return new ProviderUnavailableError(codes.probeFailed, `a known-good text was not embedded: ${message}`, {
    inputMayBeAtFault: false,
    fix: failure instanceof WorkerError ? failure.fix : undefined,
  });
}
