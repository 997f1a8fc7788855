import { EFFECT_KINDS, VECTOR_CHANGES, type Effect } from './effect.js';
import { FAULT_PRESETS, type FaultPreset, type FaultPresetName } from './fault-presets.js';

/** Which requests a rule affects. All given conditions must match. */
export interface FaultMatcher {
  /** Name for log and statistics; by default that of the preset or effect. */
  readonly name?: string;
  /** One or several paths, such as `/api/embed`. */
  readonly endpoint?: string | readonly string[];
  /** Part of one of the request's texts. Effects on vectors then change only that text's vector. */
  readonly text?: string;
  /** Requests with fewer texts are not affected. */
  readonly minTexts?: number;
  /** Share of the matching requests that are affected, 0 to 1. */
  readonly probability?: number;
  /** Affects at most this many requests. */
  readonly count?: number;
}

/** What `faults.add` takes: a preset's name, or a matcher with a preset or an effect. */
export type FaultSpec =
  | FaultPresetName
  | (FaultMatcher & { readonly preset: FaultPresetName })
  | (FaultMatcher & { readonly effect: Effect });

/** A rule with its preset filled in. */
export interface FaultRule extends FaultMatcher {
  readonly name: string;
  readonly effect: Effect;
}

/** @throws TypeError naming the wrong field */
export function resolveRule(spec: FaultSpec): FaultRule {
  if (typeof spec === 'string') return resolveRule({ preset: spec });
  if ('preset' in spec) {
    const { preset: name, ...matcher } = spec;
    const preset: FaultPreset | undefined = Object.hasOwn(FAULT_PRESETS, name) ? FAULT_PRESETS[name] : undefined;
    if (preset === undefined) throw new TypeError(`preset: there is no preset named "${name}"`);
    const endpoint = preset.endpoint === undefined ? {} : { endpoint: preset.endpoint };
    return { name, ...endpoint, ...matcher, effect: preset.effect };
  }
  return { name: spec.effect.kind, ...spec };
}

/**
 * Checks a spec that was received as JSON.
 *
 * @throws TypeError naming the wrong field
 */
export function parseSpec(value: unknown): FaultSpec {
  if (typeof value === 'string') return value as FaultPresetName;
  const spec = fields(value, 'fault');
  for (const name of ['name', 'endpoint', 'text', 'preset']) expectType(spec, name, 'string');
  for (const name of ['minTexts', 'probability', 'count']) expectType(spec, name, 'number');
  if ('preset' in spec === 'effect' in spec) throw new TypeError('fault: needs either "preset" or "effect"');
  if ('effect' in spec) checkEffect(fields(spec.effect, 'effect'));
  return spec as unknown as FaultSpec;
}

function checkEffect(effect: Record<string, unknown>): void {
  const one = (name: string, known: readonly string[]) => {
    if (typeof effect[name] !== 'string' || !known.includes(effect[name])) {
      throw new TypeError(`effect.${name}: ${JSON.stringify(effect[name])} is none of ${known.join(', ')}`);
    }
  };
  const expect = (name: string, type: string) => {
    if (typeof effect[name] !== type) throw new TypeError(`effect.${name}: expected a ${type}`);
  };
  one('kind', EFFECT_KINDS);
  switch (effect.kind as Effect['kind']) {
    case 'status':
      return expect('status', 'number');
    case 'crash':
      return expect('error', 'string');
    case 'hang':
      return one('when', ['before-answer', 'mid-answer']);
    case 'delay':
      return expect('ms', 'number');
    case 'drop':
      return one('when', ['on-arrival', 'after-reading', 'mid-answer']);
    case 'garbage':
      return expect('body', 'string');
    case 'vectors':
      return one('change', VECTOR_CHANGES);
    case 'refuse':
    case 'truncate':
    case 'no-model':
      return;
  }
}

function fields(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name}: expected an object`);
  }
  return value as Record<string, unknown>;
}

function expectType(spec: Record<string, unknown>, name: string, type: 'string' | 'number'): void {
  if (name in spec && typeof spec[name] !== type) throw new TypeError(`${name}: expected a ${type}`);
}
