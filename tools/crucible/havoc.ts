import { Mutex } from 'async-mutex';
import { errorCode } from '../../src/base/errors.js';
import type { Nemesis } from './nemesis.js';
import type { Random } from './random.js';
import type { Site } from './site/site.js';
import { sleep } from '../../src/base/sleep.js';

/** When something was injected, milliseconds since 1970. */
export interface Episode {
  readonly nemesis: Nemesis;
  readonly from: number;
  to: number;
}

export interface HavocOptions {
  readonly site: Site;
  readonly nemeses: readonly Nemesis[];
  readonly random: Random;
  /** How many are at work at once. */
  readonly lanes: number;
  /** The longest pause between two of a lane. */
  readonly pauseMs: number;
}

/** Lets nemeses loose, one after the other in each lane, as the seed has it. */
export class Havoc {
  readonly #options: HavocOptions;
  readonly #schema = new Mutex();
  readonly episodes: Episode[] = [];
  #calmSince = Date.now();

  constructor(options: HavocOptions) {
    this.#options = options;
  }

  /** When the last fault ended; infinity while there is one. */
  readonly calmSince = (): number => (this.episodes.some(({ to }) => to === Infinity) ? Infinity : this.#calmSince);

  /** Until aborted; what was injected is undone by then. */
  async run(signal: AbortSignal): Promise<void> {
    const { lanes, random } = this.#options;
    await Promise.all(Array.from({ length: lanes }, (_, lane) => this.#lane(random.fork(`lane ${lane}`), signal)));
    this.#options.site.fleet.heal();
    this.#calmSince = Date.now();
  }

  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { nemesis } of this.episodes) counts[nemesis.name] = (counts[nemesis.name] ?? 0) + 1;
    return counts;
  }

  async #lane(random: Random, signal: AbortSignal): Promise<void> {
    const { nemeses, pauseMs } = this.#options;
    while (!signal.aborted && nemeses.length > 0) {
      const nemesis = random.pick(nemeses);
      const run = async () => {
        await sleep(random.between(Math.floor(pauseMs / 4), pauseMs), signal);
        if (!signal.aborted) await this.#inject(nemesis, random, signal);
      };
      await (nemesis.changesSchema === true ? this.#schema.runExclusive(run) : run());
    }
  }

  async #inject(nemesis: Nemesis, random: Random, signal: AbortSignal): Promise<void> {
    const { site } = this.#options;
    const episode: Episode = { nemesis, from: Date.now(), to: Infinity };
    this.episodes.push(episode);
    try {
      await nemesis.run({ site, random: random.fork(`${this.episodes.length}`), signal });
    } catch (error) {
      // Another one has the database down, or a column renamed: this one could not do all it wanted.
      if (isWrongSql(error) && !this.episodes.some((one) => one.nemesis.holds === true && one.to >= episode.from))
        throw error;
    } finally {
      episode.to = Date.now();
      this.#calmSince = episode.to;
    }
  }
}

/** By PostgreSQL's class of syntax errors, privileges and names that are not there. */
function isWrongSql(error: unknown): boolean {
  return errorCode(error)?.startsWith('42') === true;
}
