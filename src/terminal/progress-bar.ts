import { SingleBar } from 'cli-progress';

const INTERVAL_MS = 200;

export interface BarState {
  readonly done: number;
  readonly total: number;
  /** Values of the names in the bar's format. */
  readonly fields: object;
}

/** Draws a bar until it is stopped. */
export function drawBar(terminal: NodeJS.WriteStream, format: string, state: () => BarState): { stop: () => void } {
  const bar = new SingleBar({
    format,
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: terminal,
    clearOnComplete: true,
    emptyOnZero: true,
    hideCursor: null,
    gracefulExit: false, // `Interruption` handles signals
  });
  const draw = () => {
    const { done, total, fields } = state();
    bar.setTotal(total);
    bar.update(done, fields);
  };
  const first = state();
  bar.start(first.total, first.done, first.fields);
  const timer = setInterval(draw, INTERVAL_MS);
  const stop = () => {
    process.off('exit', stop);
    clearInterval(timer);
    bar.stop();
  };
  process.once('exit', stop); // also on a second signal: the terminal must wrap lines again
  return { stop };
}
