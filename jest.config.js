/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // The sources run as the ES modules they are, compiled file by file; `yarn typecheck` looks at their types.
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
  // TypeScript's sources name their siblings by the name that these will have once compiled.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  reporters: ['default', '<rootDir>/test/support/skip-reporter.js'],
  // For a pipeline on a busy machine; what waits for something names a shorter time of its own.
  testTimeout: 60_000,
  // Most tests of the pipeline wait more than they compute.
  maxWorkers: 2,
};
