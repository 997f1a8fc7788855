import type { Scenario } from './scenario.js';
import { leaderCutOff, leaderFrozen, leaderHalfOpen, leaderPoolHalfOpen, listenerKilled } from './leader.js';
import { longOutage, outage } from './outage.js';
import { postgresRestart, sigterm, workerKilled } from './processes.js';
import { coldLoad, slowServer } from './slow.js';
import { swallowed, swallowedOpenAi } from './swallowed.js';
import { busy, poisonText, poisonEach } from './texts.js';

/** All scenarios, the short ones first. */
export const SCENARIOS: readonly Scenario[] = [
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
  swallowed,
  swallowedOpenAi,
  coldLoad,
  slowServer,
  longOutage,
  poisonText,
  outage,
];

/**
 * @param names `all`, or names separated by commas
 * @throws RangeError naming one that does not exist
 */
export function scenariosNamed(names: string): readonly Scenario[] {
  if (names === 'all') return SCENARIOS;
  return names.split(',').map((name) => {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (scenario === undefined)
      throw new RangeError(
        `--scenario: unknown "${name}"; use all, or any of ${SCENARIOS.map((one) => one.name).join(', ')}`,
      );
    return scenario;
  });
}
