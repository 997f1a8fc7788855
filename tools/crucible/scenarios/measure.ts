import type { RunOptions } from '../options.js';
import { openTestbed } from '../testbed/open-testbed.js';
import type { Measurement } from './scenario.js';
import { scenariosNamed } from './registry.js';
import { Fixture } from './fixture.js';

export interface Measured {
  readonly scenario: string;
  readonly what: string;
  readonly measurements: readonly Measurement[];
  readonly pass: boolean;
}

/**
 * Measures scenarios one after another, each on its own testbed.
 *
 * @param seconds how long the fault lasts, in scenarios that leave it open
 */
export async function measureScenarios(
  names: string,
  base: RunOptions,
  seconds: number | undefined,
  print: (line: string) => void,
): Promise<Measured[]> {
  const results: Measured[] = [];
  for (const scenario of scenariosNamed(names)) {
    const testbed = await openTestbed({ ...base, ...scenario.options, oneUrlForSome: false });
    try {
      const measurements = await scenario.measure(await Fixture.create(testbed), seconds);
      const pass = measurements.every((one) => one.pass);
      print(`${scenario.name}: ${scenario.what}`);
      for (const one of measurements)
        print(`  ${one.pass ? 'pass' : 'FAIL'} ${one.what}: ${one.value} (target ${one.target})`);
      results.push({ scenario: scenario.name, what: scenario.what, measurements, pass });
    } finally {
      await testbed.close(false);
    }
  }
  return results;
}
