import type { Random } from '../random.js';
import type { CrucibleDatabase } from '../site/database.js';
import type { Ollama } from '../site/ollama.js';
import { Model } from './model.js';
import { insertStillLife } from './still-life.js';
import { WriterSession } from './session.js';

export interface WriterOptions {
  readonly database: CrucibleDatabase;
  readonly ollama: Ollama;
  readonly random: Random;
  /** Changes of blocks a second, all sessions together. */
  readonly perSecond: number;
  readonly onLockedOut: () => void;
}

const SESSIONS = 4;

/** The API: several sessions that write at once, and what they left. */
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
    await insertStillLife(database, this.model, random.fork('still life'));
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
