import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

function compile(...args) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...args], { cwd: root, stdio: 'inherit' });
}

/**
 * Runs once before all test files: compiles what they start as processes, and opens the server they share. Jest does
 * not compile this file's own imports as the ES modules they are, so it is plain JavaScript and imports compiled files.
 */
export default async function globalSetup() {
  // Without types, as with the test files: an error of types is for `yarn typecheck` to find.
  compile('-p', 'tsconfig.tools.json');
  compile('-p', 'tsconfig.build.json', '--noCheck'); // dist, as users run it
  const { openServer } = await import('../../dist-tools/test/support/open-server.js');
  globalThis.closeTestServer = await openServer();
}
