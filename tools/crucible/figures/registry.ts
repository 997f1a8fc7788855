import type { Figure } from './figure.js';
import { leaderCutOff, leaderFrozen, leaderHalfOpen, leaderPoolHalfOpen, listenerKilled } from './leader.js';
import { longOutage, outage } from './outage.js';
import { postgresRestart, sigterm, workerKilled } from './processes.js';
import { busy, killerText, poisonEach } from './texts.js';

/** All there are, the short ones first. */
export const FIGURES: readonly Figure[] = [
  listenerKilled,
  leaderFrozen,
  leaderHalfOpen,
  leaderCutOff,
  leaderPoolHalfOpen,
  sigterm,
  postgresRestart,
  busy,
  poisonEach,
  workerKilled,
  longOutage,
  killerText,
  outage,
];

/**
 * @param names `all`, or names separated by commas
 * @throws RangeError naming one that there is not
 */
export function figuresNamed(names: string): readonly Figure[] {
  if (names === 'all') return FIGURES;
  return names.split(',').map((name) => {
    const figure = FIGURES.find((one) => one.name === name);
    if (figure === undefined)
      throw new RangeError(`--figure: "${name}" is none of all, ${FIGURES.map((one) => one.name).join(', ')}`);
    return figure;
  });
}
