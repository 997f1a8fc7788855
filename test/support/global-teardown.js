/** Runs once after all test files. Where the run is interrupted it does not; the server's guard sees to that. */
export default async function globalTeardown() {
  await globalThis.closeTestServer();
}
