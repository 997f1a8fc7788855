import type { Scenario } from '../scenario.js';
import { ceiling } from './ceiling.js';
import { context } from './context.js';
import { freshness } from './freshness.js';
import { growth } from './growth.js';
import { memory } from './memory.js';
import { replicas } from './replicas.js';
import { requestSize } from './request-size.js';
import { saturation } from './saturation.js';
import { start } from './start.js';
import { twoModels } from './two-models.js';
import { vectorIndex } from './vector-index.js';
import { writePath } from './write-path.js';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  ceiling,
  saturation,
  freshness,
  twoModels,
  requestSize,
  start,
  growth,
  replicas,
  memory,
  writePath,
  vectorIndex,
  context,
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
