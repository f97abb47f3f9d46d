// Runs the TypeScript program that its first argument names as compiled code runs: modules that are imported when they
// are needed are loaded by Node itself, which the test runner cannot.
import { createRequire } from 'node:module';
import { transformFileSync } from '@swc/core';

const require = createRequire(import.meta.url);
const jsc = { target: 'es2022', parser: { syntax: 'typescript' } };
require.extensions['.ts'] = (module, file) => {
  const { code } = transformFileSync(file, { jsc, module: { type: 'commonjs', ignoreDynamic: true } });
  module._compile(code, file);
};
require(process.argv[2]);
