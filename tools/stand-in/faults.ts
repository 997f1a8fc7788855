import type { Effect } from './effect.js';
import { resolveRule, type FaultRule, type FaultSpec } from './fault-rule.js';
import { randomWords } from './random.js';

/** An active rule. */
export interface Fault {
  readonly id: number;
  readonly rule: FaultRule;
  /** Requests affected so far. */
  readonly hits: number;
  /** Resolves when the requests that hang because of this rule may continue: at the next release, or its removal. */
  readonly released: Promise<void>;
  remove(): void;
}

/** The parts of a request that a rule matches. */
export interface FaultTarget {
  readonly endpoint: string;
  readonly texts: readonly string[];
}

/**
 * The active fault rules, oldest first. A request is affected by all matching delays and by the first matching rule of
 * another kind. Random choices come from the stand-in's seed and the rule's number, so a run can be repeated.
 */
export class Faults {
  readonly #seed: number;
  readonly #onChange: () => void;
  #active: ActiveFault[] = [];
  #count = 0;

  constructor(seed: number, onChange: () => void) {
    this.#seed = seed;
    this.#onChange = onChange;
  }

  /** @throws TypeError for a preset that does not exist */
  add(spec: FaultSpec): Fault {
    const id = ++this.#count;
    const fault = new ActiveFault(id, resolveRule(spec), randomWords(`${this.#seed}:${id}`), () => this.remove(id));
    this.#active.push(fault);
    this.#onChange();
    return fault;
  }

  /** Removes a rule and continues the requests that hang because of it. */
  remove(id: number): boolean {
    const fault = this.#active.find((candidate) => candidate.id === id);
    if (fault === undefined) return false;
    this.#active = this.#active.filter((candidate) => candidate !== fault);
    fault.release();
    this.#onChange();
    return true;
  }

  /** Removes all rules and continues hanging requests. */
  clear(): void {
    const removed = this.#active;
    this.#active = [];
    for (const fault of removed) fault.release();
    this.#onChange();
  }

  /** Continues the requests that hang now and keeps the rules. */
  release(): void {
    for (const fault of this.#active) fault.release();
  }

  get list(): readonly Fault[] {
    return this.#active;
  }

  get isRefusing(): boolean {
    return this.#active.some((fault) => fault.rule.effect.kind === 'refuse');
  }

  /** The rule that affects a request before it is read, if any. */
  onArrival(target: FaultTarget): Fault | undefined {
    return this.#active.find((fault) => appliesOnArrival(fault.rule.effect) && fault.applies(target));
  }

  /** The rules that affect a request after it is read: delays, then at most one other. */
  onRequest(target: FaultTarget): readonly Fault[] {
    if (this.#active.length === 0) return []; // the common case
    const applied: Fault[] = [];
    for (const fault of this.#active) {
      const { effect } = fault.rule;
      if (effect.kind === 'refuse' || appliesOnArrival(effect) || !fault.applies(target)) continue;
      applied.push(fault);
      if (effect.kind !== 'delay') break;
    }
    return applied;
  }
}

class ActiveFault implements Fault {
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

  /** Whether the rule affects this request. Counts a hit if so. */
  applies(target: FaultTarget): boolean {
    const { endpoint, text, minTexts = 0, probability = 1, count = Infinity } = this.rule;
    if (endpoint !== undefined && ![endpoint].flat().includes(target.endpoint)) return false;
    if (text !== undefined && !target.texts.some((candidate) => candidate.includes(text))) return false;
    if (target.texts.length < minTexts || this.#hits >= count) return false;
    if (probability < 1 && this.#chance() / 2 ** 32 >= probability) return false;
    this.#hits++;
    return true;
  }

  /** As the control endpoints show it. */
  toJSON(): object {
    return { id: this.id, ...this.rule, hits: this.#hits };
  }
}

function appliesOnArrival(effect: Effect): boolean {
  return effect.kind === 'drop' && effect.when === 'on-arrival';
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}
