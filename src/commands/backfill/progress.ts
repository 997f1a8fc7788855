import type { Logger } from '../../telemetry/logger.js';
import type { BackfillRun } from '../../backlog/backfill-run.js';
import type { Pause } from '../../queue/pause.js';
import { about, duration, number } from '../../terminal/output.js';
import { drawBar } from '../../terminal/progress-bar.js';
import { RateMeter } from '../../terminal/rate-meter.js';
import type { BackfillCount } from './plan.js';

const LOG_INTERVAL_MS = 5_000;

export interface ProgressOptions {
  readonly run: BackfillRun;
  /** Blocks to embed; undefined until they are counted. */
  readonly expected: () => Pick<BackfillCount, 'found' | 'estimated'> | undefined;
  /** Where to draw a bar; null writes log lines instead. */
  readonly terminal: NodeJS.WriteStream | null;
  /** What is paused by request; null if nothing is. */
  readonly pause: () => Pause | null;
  readonly log: Logger;
}

/** Shows the progress of a run until it is stopped. */
export function showProgress(options: ProgressOptions): { stop: () => void } {
  const rate = new RateMeter();
  const state = () => stateOf(options, rate);
  state(); // starts the rate meter
  return options.terminal === null ? lines(state, options.log) : bar(state, options.terminal);
}

interface State {
  readonly run: BackfillRun;
  readonly done: number;
  readonly total: number;
  /** Whether the total is estimated from a sample of the table. */
  readonly estimated: boolean;
  readonly perSecond: number;
  readonly etaSeconds: number | null;
  readonly pause: Pause | null;
}

function stateOf({ run, expected, pause }: ProgressOptions, rate: RateMeter): State {
  const done = run.outstanding?.ended ?? run.counts.found;
  const { found = 0, estimated = false } = expected() ?? {};
  const total = Math.max(found, run.counts.found);
  const perSecond = rate.perSecond(done);
  const etaSeconds = found > 0 && perSecond > 0 ? Math.ceil((total - done) / perSecond) : null;
  return { run, done, total, estimated, perSecond, etaSeconds, pause: pause() };
}

function lines(state: () => State, log: Logger): { stop: () => void } {
  const timer = setInterval(() => {
    const { run, done, total, estimated, perSecond, etaSeconds, pause } = state();
    const { found, enqueued, alreadyQueued, lastId } = run.counts;
    const what = run.enqueuing ? 'enqueuing' : 'waiting for all blocks to be embedded';
    log.info(pause === null ? what : 'the backlog is paused by request; blocks wait', {
      done,
      total,
      ...(estimated ? { estimated } : {}),
      perSecond: Math.round(perSecond * 10) / 10,
      etaSeconds,
      found,
      enqueued,
      alreadyQueued,
      lastId,
      ...(run.outstanding === null ? {} : { inError: run.outstanding.results.error }),
      ...(pause === null ? {} : { pausedUntil: pause.until }),
    });
  }, LOG_INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

function bar(state: () => State, terminal: NodeJS.WriteStream): { stop: () => void } {
  return drawBar(terminal, '{what} {bar} {percentage}%  {done} of {blocks}{errors}  {rate}/s  {eta_text}', () => {
    const current = state();
    return { done: current.done, total: current.total, fields: fieldsOf(current) };
  });
}

function fieldsOf({ run, done, total, estimated, perSecond, etaSeconds, pause }: State): object {
  const inError = run.outstanding?.results.error ?? 0;
  return {
    what: pause !== null ? 'Paused' : run.outstanding === null ? 'Enqueuing' : 'Embedding',
    done: number(done),
    blocks: estimated ? about(total) : number(total),
    errors: inError === 0 ? '' : `, ${number(inError)} in error`,
    rate: number(Math.round(perSecond)),
    eta_text: pause !== null ? pauseText(pause) : etaSeconds === null ? '' : `${duration(etaSeconds)} left`,
  };
}

function pauseText({ until }: Pause): string {
  if (until === null) return 'until embedding-worker resume';
  return `for another ${duration(Math.max(0, until.getTime() - Date.now()) / 1000)}`;
}
