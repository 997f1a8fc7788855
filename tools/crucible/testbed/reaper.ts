import { writeFileSync } from 'node:fs';
import { guard, type Guard } from '../../../test/support/cluster/guard.js';

const KILL = 'while read pid; do kill -KILL "$pid"; done <"$1"';

/** Makes sure that no worker outlives the crucible, even if the worker is frozen and the crucible crashes. */
export class Reaper {
  readonly #file: string;
  readonly #pids = new Set<number>();
  readonly #guard: Guard;

  /** @param file that holds the list of processes */
  constructor(file: string) {
    this.#file = file;
    this.#write();
    this.#guard = guard(KILL, [file]);
  }

  add(pid: number): void {
    this.#pids.add(pid);
    this.#write();
  }

  remove(pid: number): void {
    this.#pids.delete(pid);
    this.#write();
  }

  /** Kills the remaining processes. */
  async release(): Promise<void> {
    await this.#guard.release();
  }

  #write(): void {
    writeFileSync(this.#file, [...this.#pids].map((pid) => `${pid}\n`).join(''));
  }
}
