/** Layers: `unit` runs in seconds and needs nothing; `broker` starts real brokers, one file at a time. */
const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, keepClassNames: true }, module: { type: 'commonjs' }, sourceMaps: 'inline' }],
};
const base = { testEnvironment: 'node', transform, moduleFileExtensions: ['ts', 'js', 'json'] };
module.exports = {
  reporters: ['default'],
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/sidecar/**/*.test.ts', '<rootDir>/test/golden/**/*.test.ts', '<rootDir>/test/interop/**/*.test.ts'] },
    { ...base, displayName: 'broker', testMatch: ['<rootDir>/test/integration/**/*.test.ts', '<rootDir>/test/faults/**/*.test.ts'], maxWorkers: 1 },
  ],
};
