import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { SetupError } from './run-child.mjs';

const LEAST = 17;
const HOW =
  'Get one from https://adoptium.net/ or with your package manager, for example: ' +
  'apt-get install openjdk-17-jdk-headless, brew install openjdk@21. Set JAVA_HOME where there are several.';

/** Finds Java 17 or later in JAVA_HOME or on the PATH and resolves with a description of it. */
export async function checkJava() {
  const home = process.env.JAVA_HOME;
  const command = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const where = command === 'java' ? 'on the PATH' : `in JAVA_HOME (${home})`;
  const text = await versionText(command);
  if (text === undefined) throw new SetupError(`Java is missing: none runs ${where}. ${HOW}`, 2);
  const major = majorVersion(text);
  if (major === undefined) throw new SetupError(`What is ${where} does not tell its Java version. ${HOW}`, 2);
  if (major < LEAST) throw new SetupError(`Java ${major} ${where} is too old; ${LEAST} or later is needed. ${HOW}`, 2);
  return `Java ${major} ${where}`;
}

/** From `java -version`: 17 for "17.0.15", 8 for "1.8.0_402". */
export function majorVersion(text) {
  const found = /version "(?:1\.)?(\d+)/.exec(text);
  return found === null ? undefined : Number(found[1]);
}

function versionText(command) {
  return new Promise((resolve) => {
    execFile(command, ['-version'], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve(error === null ? `${stderr}${stdout}` : undefined),
    );
  });
}
