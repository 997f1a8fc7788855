import type { Random } from './random.js';
import type { Site } from './site/site.js';

/** One kind of fault: what is done, for how long, and how it is undone again. */
export interface Nemesis {
  readonly name: string;
  /** Whether blocks that it does not touch may be delayed by it. A bad neighbour must not. */
  readonly disturbs: boolean;
  /**
   * Whether it makes the tables such that no block can be worked on, and a worker may refuse to start. Work must resume
   * within 5 s of its end.
   */
  readonly holds?: boolean;
  /** Whether it changes tables, triggers or privileges, and puts them back: then no other such is at work beside it. */
  readonly changesSchema?: boolean;
  /** Whether nothing may be counted against any block because of it: no failure, and no worker that died. */
  readonly costsNothing?: boolean;
  /**
   * Injects the fault once, and undoes it before it settles; early when aborted.
   *
   * @throws what the database throws while another nemesis has it down
   */
  run(context: NemesisContext): Promise<void>;
}

export interface NemesisContext {
  readonly site: Site;
  readonly random: Random;
  readonly signal: AbortSignal;
}
