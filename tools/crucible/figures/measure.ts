import type { RunOptions } from '../options.js';
import { openSite } from '../site/open-site.js';
import type { Measurement } from './figure.js';
import { figuresNamed } from './registry.js';
import { Scene } from './scene.js';

export interface Measured {
  readonly figure: string;
  readonly what: string;
  readonly measurements: readonly Measurement[];
  readonly pass: boolean;
}

/**
 * Measures figures, one after the other, each on a site of its own.
 *
 * @param seconds for those whose mishap has a length to choose
 */
export async function measureFigures(
  names: string,
  base: RunOptions,
  seconds: number | undefined,
  tell: (line: string) => void,
): Promise<Measured[]> {
  const results: Measured[] = [];
  for (const figure of figuresNamed(names)) {
    const site = await openSite({ ...base, ...figure.options, oneUrlForSome: false });
    try {
      const measurements = await figure.measure(await Scene.set(site), seconds);
      const pass = measurements.every((one) => one.pass);
      tell(`${figure.name}: ${figure.what}`);
      for (const one of measurements)
        tell(`  ${one.pass ? 'pass' : 'FAIL'} ${one.what}: ${one.value} (target ${one.target})`);
      results.push({ figure: figure.name, what: figure.what, measurements, pass });
    } finally {
      await site.close(false);
    }
  }
  return results;
}
