import type { NotedPause } from '../checks/pauses.js';
import type { CrucibleDatabase } from './database.js';
import type { Fleet } from './fleet.js';
import type { Ollama } from './ollama.js';
import type { CommandEnd } from './run-command.js';

/** The parts of a run that a nemesis can disturb. */
export interface Testbed {
  readonly database: CrucibleDatabase;
  readonly ollama: Ollama;
  readonly fleet: Fleet;
  /** Records blocks that another client locked, or whose singleton key it took: only these may wait for it. */
  readonly noteContention: (ids: readonly string[]) => void;
  /** Records the ids of foreign jobs, before they are sent. */
  readonly noteForeignJobs: (ids: readonly string[]) => void;
  /** Records that work was paused. */
  readonly notePause: (pause: NotedPause) => void;
  /** Runs a command of the worker as the workers' role. */
  readonly runCommand: (args: readonly string[]) => Promise<CommandEnd>;
}
