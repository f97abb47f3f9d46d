import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { SetupError } from './run-child.mjs';

const LEAST = 17;
const HOW =
  'Get one from https://adoptium.net/ or with your package manager, for example: ' +
  'apt-get install openjdk-17-jdk-headless, brew install openjdk@21. Set JAVA_HOME where there are several.';

/** Finds Java 17 or later, in JAVA_HOME or else on the PATH, and resolves with a description of it. */
export async function checkJava() {
  const home = process.env.JAVA_HOME;
  const places = [['java', 'on the PATH']];
  if (home !== undefined && home !== '') places.unshift([join(home, 'bin', 'java'), `in JAVA_HOME (${home})`]);
  const faults = [];
  for (const [command, where] of places) {
    const text = await versionText(command);
    const major = text === undefined ? undefined : majorVersion(text);
    if (major >= LEAST) return `Java ${major} ${where}`;
    if (text === undefined) faults.push(`none runs ${where}`);
    else faults.push(major === undefined ? `what is ${where} does not tell its version` : `${where} is Java ${major}`);
  }
  throw new SetupError(`Java ${LEAST} or later is needed: ${faults.join('; ')}. ${HOW}`, 2);
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
