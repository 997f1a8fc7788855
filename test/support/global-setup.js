import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

function compile(...args) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...args], { cwd: root, stdio: 'inherit' });
}

/**
 * Runs once before all test files: compiles the programs that they start, and opens the server that they share. Jest does
 * not compile the imports of this file, so it is plain JavaScript and imports compiled files.
 */
export default async function globalSetup() {
  // `yarn typecheck` finds type errors; here, as in the test files, they are ignored.
  compile('-p', 'tsconfig.tools.json');
  compile('-p', 'tsconfig.build.json', '--noCheck'); // dist, which users run
  const { openServer } = await import('../../dist-tools/test/support/open-server.js');
  globalThis.closeTestServer = await openServer();
}
