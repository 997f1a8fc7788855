import { writeFileSync } from 'node:fs';
import { guard, type Guard } from '../../../test/support/cluster/guard.js';

const KILL = 'while read pid; do kill -KILL "$pid"; done <"$1"';

/** Sees to it that no worker outlives the crucible, however that ends, be it frozen or not. */
export class Reaper {
  readonly #file: string;
  readonly #pids = new Set<number>();
  readonly #guard: Guard;

  /** @param file to keep the list of processes in */
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

  /** Kills those that are left. */
  async release(): Promise<void> {
    await this.#guard.release();
  }

  #write(): void {
    writeFileSync(this.#file, [...this.#pids].map((pid) => `${pid}\n`).join(''));
  }
}
