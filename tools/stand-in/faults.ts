import type { Effect } from './effect.js';
import { resolveRule, type FaultRule, type FaultSpec } from './fault-rule.js';
import { randomWords } from './random.js';

/** A rule that is in force. */
export interface Fault {
  readonly id: number;
  readonly rule: FaultRule;
  /** Requests struck so far. */
  readonly hits: number;
  /** Settles when the requests that hang through this rule may go on: at the next release, or its removal. */
  readonly released: Promise<void>;
  remove(): void;
}

/** What a rule looks at. */
export interface FaultTarget {
  readonly endpoint: string;
  readonly texts: readonly string[];
}

/**
 * The fault rules in force, oldest first. A request meets all matching delays, and then the first matching rule of
 * another kind. Chance comes from the stand-in's seed and the rule's number, so that a run repeats.
 */
export class Faults {
  readonly #seed: number;
  readonly #onChange: () => void;
  #armed: ArmedFault[] = [];
  #count = 0;

  constructor(seed: number, onChange: () => void) {
    this.#seed = seed;
    this.#onChange = onChange;
  }

  /** @throws TypeError for a preset that does not exist */
  add(spec: FaultSpec): Fault {
    const id = ++this.#count;
    const fault = new ArmedFault(id, resolveRule(spec), randomWords(`${this.#seed}:${id}`), () => this.remove(id));
    this.#armed.push(fault);
    this.#onChange();
    return fault;
  }

  /** Removes a rule; the requests that hang through it go on. */
  remove(id: number): boolean {
    const fault = this.#armed.find((candidate) => candidate.id === id);
    if (fault === undefined) return false;
    this.#armed = this.#armed.filter((candidate) => candidate !== fault);
    fault.release();
    this.#onChange();
    return true;
  }

  /** Removes all rules; the requests that hang go on. */
  clear(): void {
    const removed = this.#armed;
    this.#armed = [];
    for (const fault of removed) fault.release();
    this.#onChange();
  }

  /** Lets the requests go on that hang now; the rules stay. */
  release(): void {
    for (const fault of this.#armed) fault.release();
  }

  get list(): readonly Fault[] {
    return this.#armed;
  }

  get refusing(): boolean {
    return this.#armed.some((fault) => fault.rule.effect.kind === 'refuse');
  }

  /** The rule that strikes before anything is read, if any. */
  onArrival(target: FaultTarget): Fault | undefined {
    return this.#armed.find((fault) => strikesOnArrival(fault.rule.effect) && fault.strike(target));
  }

  /** The rules that strike a request that has been read: delays, then at most one other. */
  onRequest(target: FaultTarget): readonly Fault[] {
    // As nearly always.
    if (this.#armed.length === 0) return [];
    const struck: Fault[] = [];
    for (const fault of this.#armed) {
      const { effect } = fault.rule;
      if (effect.kind === 'refuse' || strikesOnArrival(effect) || !fault.strike(target)) continue;
      struck.push(fault);
      if (effect.kind !== 'delay') break;
    }
    return struck;
  }
}

class ArmedFault implements Fault {
  readonly id: number;
  readonly rule: FaultRule;
  readonly remove: () => void;
  readonly #chance: () => number;
  #hits = 0;
  #gate = gate();

  constructor(id: number, rule: FaultRule, chance: () => number, remove: () => void) {
    this.id = id;
    this.rule = rule;
    this.remove = remove;
    this.#chance = chance;
  }

  get hits(): number {
    return this.#hits;
  }

  get released(): Promise<void> {
    return this.#gate.promise;
  }

  release(): void {
    this.#gate.open();
    this.#gate = gate();
  }

  /** Whether the rule strikes, which is then counted. */
  strike(target: FaultTarget): boolean {
    const { endpoint, text, minTexts = 0, probability = 1, count = Infinity } = this.rule;
    if (endpoint !== undefined && ![endpoint].flat().includes(target.endpoint)) return false;
    if (text !== undefined && !target.texts.some((candidate) => candidate.includes(text))) return false;
    if (target.texts.length < minTexts || this.#hits >= count) return false;
    if (probability < 1 && this.#chance() / 2 ** 32 >= probability) return false;
    this.#hits++;
    return true;
  }

  /** As the control endpoint tells it. */
  toJSON(): object {
    return { id: this.id, ...this.rule, hits: this.#hits };
  }
}

function strikesOnArrival(effect: Effect): boolean {
  return effect.kind === 'drop' && effect.when === 'on-arrival';
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}
