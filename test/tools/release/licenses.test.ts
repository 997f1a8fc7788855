import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

it('docs/licenses.md lists the production packages, all with accepted licenses', () => {
  // Throws with the script's output if its exit status is not 0.
  execFileSync(process.execPath, ['tools/release/licenses.mjs', '--check'], { cwd: ROOT, stdio: 'pipe' });
});
