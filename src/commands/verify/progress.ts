import type { Verification } from '../../backlog/stored-vectors/verification.js';
import type { Logger } from '../../telemetry/logger.js';
import { duration, number, percent } from '../../terminal/output.js';
import { drawBar } from '../../terminal/progress-bar.js';
import { RateMeter } from '../../terminal/rate-meter.js';

const LOG_INTERVAL_MS = 5_000;

export interface ProgressOptions {
  readonly verification: Verification;
  /** Where to draw a bar; null writes log lines instead. */
  readonly terminal: NodeJS.WriteStream | null;
  readonly log: Logger;
}

/** Shows the progress of a run until it is stopped. */
export function showProgress({ verification, terminal, log }: ProgressOptions): { stop: () => void } {
  const rate = new RateMeter();
  const started = performance.now();
  const state = () => stateOf(verification, rate, (performance.now() - started) / 1000);
  state(); // starts the rate meter
  return terminal === null ? lines(state, log) : bar(state, terminal);
}

interface State {
  readonly done: number;
  readonly drifted: number;
  readonly share: number;
  readonly perSecond: number;
  readonly etaSeconds: number | null;
}

function stateOf({ progress, tally }: Verification, rate: RateMeter, seconds: number): State {
  const { done } = progress;
  const share = progress.share ?? 0;
  const etaSeconds = share > 0 ? Math.ceil((seconds / share) * (1 - share)) : null;
  return { done, drifted: tally.total.drifted, share, perSecond: rate.perSecond(done), etaSeconds };
}

function lines(state: () => State, log: Logger): { stop: () => void } {
  const timer = setInterval(() => {
    const { done, drifted, share, perSecond, etaSeconds } = state();
    log.info('comparing stored vectors', {
      done,
      drifted,
      share: Number(share.toFixed(3)),
      perSecond: Math.round(perSecond * 10) / 10,
      etaSeconds,
    });
  }, LOG_INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

function bar(state: () => State, terminal: NodeJS.WriteStream): { stop: () => void } {
  return drawBar(terminal, 'Verifying {bar} {part}  {done} blocks{drifted}  {rate}/s  {left}', () => {
    const current = state();
    return { done: current.share, total: 1, fields: fieldsOf(current) };
  });
}

function fieldsOf({ done, drifted, share, perSecond, etaSeconds }: State): object {
  return {
    part: percent(share),
    done: number(done),
    drifted: drifted === 0 ? '' : `, ${number(drifted)} drifted`,
    rate: number(Math.round(perSecond)),
    left: etaSeconds === null ? '' : `${duration(etaSeconds)} left`,
  };
}
