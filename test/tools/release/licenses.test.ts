import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

it('docs/licenses.md lists the packages that are installed for production, all under accepted licenses', () => {
  // Throws with what the script says where it ends with another status than 0.
  execFileSync(process.execPath, ['tools/release/licenses.mjs', '--check'], { cwd: ROOT, stdio: 'pipe' });
});
