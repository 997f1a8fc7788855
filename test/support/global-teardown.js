/** Runs once after all test files, but not if the run is interrupted; then the server's guard cleans up. */
export default async function globalTeardown() {
  await globalThis.closeTestServer();
}
