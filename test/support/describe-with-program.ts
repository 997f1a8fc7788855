import { describe, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * `describe` for tests that need an installed program. Without it they are skipped, which their title says. With `CI` set,
 * its absence is a failure.
 */
export function describeWithProgram(program: string, name: string, define: () => void): void {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  if (directories.some((directory) => existsSync(join(directory, program)))) {
    describe(name, define);
  } else if (['', '0', 'false'].includes((process.env['CI'] ?? '').toLowerCase())) {
    describe.skip(`${name} (skipped: no ${program} on the PATH)`, define);
  } else {
    it(`${name} can be tested`, () => {
      throw new Error(`There is no ${program} on the PATH. With CI set, the tests that need it must run.`);
    });
  }
}
