/** Layers: `unit` runs in seconds and needs nothing; `broker` starts real brokers, `containers` whole networks of them; these want --runInBand. */
const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, keepClassNames: true },
      module: { type: 'commonjs' },
      sourceMaps: 'inline',
    },
  ],
};
const base = {
  testEnvironment: 'node',
  transform,
  moduleFileExtensions: ['ts', 'js', 'json'],
  // Examples name the package as its users do.
  moduleNameMapper: { '^artemis-netmap/messaging$': '<rootDir>/sidecar/control/messaging.ts' },
  // Compiled copies of the sources would be taken for modules and mocks of the same name.
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};
const tests = (...folders) => folders.map((folder) => `<rootDir>/${folder}/**/*.test.ts`);

module.exports = {
  reporters: ['default'],
  // No test measures time; one that waits for keys or processes on a busy machine must not fail for that.
  testTimeout: 60_000,
  // Without it one core is left idle, which on two cores means one test file at a time.
  maxWorkers: '100%',
  projects: [
    {
      ...base,
      displayName: 'unit',
      setupFiles: ['<rootDir>/test/property-seed.js'],
      testMatch: [...tests('sidecar', 'test/golden', 'test/interop'), '<rootDir>/test/*.test.ts'],
    },
    { ...base, displayName: 'broker', testMatch: tests('test/integration', 'test/faults') },
    { ...base, displayName: 'containers', testMatch: tests('test/containers') },
  ],
};
