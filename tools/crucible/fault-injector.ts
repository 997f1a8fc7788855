import { Mutex } from 'async-mutex';
import { errorCode } from '../../src/base/errors.js';
import type { Nemesis } from './nemesis.js';
import type { Random } from './random.js';
import type { Testbed } from './testbed/testbed.js';
import { sleep } from '../../src/base/sleep.js';

/** When a fault was active, in milliseconds since 1970. */
export interface Injection {
  readonly nemesis: Nemesis;
  readonly from: number;
  /** Infinity while it is active. */
  to: number;
}

/** Until when a fault may delay blocks. */
export function delaysUntil({ nemesis, to }: Injection): number {
  return to + (nemesis.lingersMs ?? 0);
}

export interface FaultInjectorOptions {
  readonly testbed: Testbed;
  readonly nemeses: readonly Nemesis[];
  readonly random: Random;
  /** How many faults may be active at once. */
  readonly lanes: number;
  /** The longest pause between two faults of a lane. */
  readonly pauseMs: number;
}

/** Injects faults in several lanes, one after another in each. The seed decides which. */
export class FaultInjector {
  readonly #options: FaultInjectorOptions;
  readonly #schema = new Mutex();
  readonly injections: Injection[] = [];
  #calmSince = Date.now();

  constructor(options: FaultInjectorOptions) {
    this.#options = options;
  }

  /** When the last fault ended; Infinity while one is active. */
  readonly calmSince = (): number => (this.injections.some(({ to }) => to === Infinity) ? Infinity : this.#calmSince);

  /** Injects faults until aborted. All of them are undone when it returns. */
  async run(signal: AbortSignal): Promise<void> {
    const { lanes, random } = this.#options;
    await Promise.all(Array.from({ length: lanes }, (_, lane) => this.#lane(random.fork(`lane ${lane}`), signal)));
    this.#options.testbed.fleet.heal();
    this.#calmSince = Date.now();
  }

  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { nemesis } of this.injections) counts[nemesis.name] = (counts[nemesis.name] ?? 0) + 1;
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
    const { testbed } = this.#options;
    const injection: Injection = { nemesis, from: Date.now(), to: Infinity };
    this.injections.push(injection);
    try {
      await nemesis.run({ testbed, random: random.fork(`${this.injections.length}`), signal });
    } catch (error) {
      // Expected if another fault has stopped the database, renamed a column, or revoked a privilege.
      if (
        isWrongSql(error) &&
        !this.injections.some((one) => one.nemesis.blocksAllWork === true && one.to >= injection.from)
      )
        throw error;
    } finally {
      injection.to = Date.now();
      this.#calmSince = injection.to;
    }
  }
}

/** SQLSTATE class 42: syntax errors, missing privileges, unknown names. */
function isWrongSql(error: unknown): boolean {
  return errorCode(error)?.startsWith('42') === true;
}
