import type { CrucibleDatabase } from './database.js';
import type { Fleet } from './fleet.js';
import type { Ollama } from './ollama.js';

/** All that a run is made of, beside its writer. */
export interface Site {
  readonly database: CrucibleDatabase;
  readonly ollama: Ollama;
  readonly fleet: Fleet;
  /** Told which blocks a neighbour has locked, or taken the key of: they alone may wait for it. */
  readonly lockedRows: (ids: readonly string[]) => void;
  /** Told of jobs that are none of the worker's before they are sent. */
  readonly strangeJobs: (ids: readonly string[]) => void;
}
