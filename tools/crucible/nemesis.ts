import type { Random } from './random.js';
import type { Testbed } from './testbed/testbed.js';

/** One kind of fault: what it does, for how long, and how it undoes it. */
export interface Nemesis {
  readonly name: string;
  /** Whether it may delay blocks that it does not touch. */
  readonly delaysOthers: boolean;
  /** For how long after its end it may go on delaying them. Default: 0. */
  readonly lingersMs?: number;
  /**
   * Whether it makes the tables unusable: no block can be processed, and a worker may refuse to start. Work must resume
   * within 5 s of its end.
   */
  readonly blocksAllWork?: boolean;
  /** Whether it changes tables, triggers or privileges. No two of these are active at the same time. */
  readonly changesSchema?: boolean;
  /** Whether it must not count against any block, neither as a failure nor as a crash. */
  readonly countsNothing?: boolean;
  /**
   * Injects the fault once and undoes it before it returns. Ends early when aborted.
   *
   * @throws what the database throws while another nemesis has stopped it
   */
  run(context: NemesisContext): Promise<void>;
}

export interface NemesisContext {
  readonly testbed: Testbed;
  readonly random: Random;
  readonly signal: AbortSignal;
}
