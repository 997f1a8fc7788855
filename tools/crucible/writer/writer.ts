import type { Random } from '../random.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import type { Ollama } from '../testbed/ollama.js';
import { Model } from './model.js';
import { insertUneditedNote } from './unedited-note.js';
import { WriterSession } from './session.js';

export interface WriterOptions {
  readonly database: CrucibleDatabase;
  readonly ollama: Ollama;
  readonly random: Random;
  /** Changes of blocks per second, over all sessions. */
  readonly perSecond: number;
  readonly onLockedOut: () => void;
}

const SESSIONS = 4;

/** Plays the API: several concurrent sessions that write, and a model of what they wrote. */
export class Writer {
  readonly model = new Model();
  readonly #options: WriterOptions;
  readonly #sessions: readonly WriterSession[];

  constructor(options: WriterOptions) {
    this.#options = options;
    const { database, ollama, random, perSecond, onLockedOut } = options;
    this.#sessions = Array.from({ length: SESSIONS }, (_, i) => {
      const name = `s${i + 1}`;
      const common = { database, ollama, model: this.model, onLockedOut };
      return new WriterSession({ ...common, name, random: random.fork(name), perSecond: perSecond / SESSIONS });
    });
  }

  async prepare(): Promise<void> {
    const { database, random } = this.#options;
    await insertUneditedNote(database, this.model, random.fork('unedited note'));
    await Promise.all(this.#sessions.map((session) => session.prepare()));
  }

  /** Writes until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.run(signal)));
  }

  get counts(): { readonly writes: number; readonly rolledBack: number; readonly lost: number } {
    const sum = (of: (session: WriterSession) => number) => this.#sessions.reduce((total, one) => total + of(one), 0);
    return { writes: this.model.writes, rolledBack: sum((one) => one.rolledBack), lost: sum((one) => one.lost) };
  }
}
