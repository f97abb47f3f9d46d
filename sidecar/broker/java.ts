import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { NetmapError, messageOf, type ErrorDetail } from '../lib/errors';

/** JAVA_MISSING: there is none that runs. JAVA_TOO_OLD: what there is is older than Java 17. */
export class JavaError extends NetmapError<'JAVA_MISSING' | 'JAVA_TOO_OLD'> {
  constructor(code: 'JAVA_MISSING' | 'JAVA_TOO_OLD', message: string, detail: ErrorDetail = {}) {
    super(code, message, {
      remedy: `Install Java ${OLDEST_JAVA} or later (Debian and Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk@17; others: https://adoptium.net) and set JAVA_HOME if it is not in PATH`,
      ...detail,
    });
  }
}

export interface Java {
  /** The program to start. */
  readonly command: string;
  /** Such as "17.0.15". */
  readonly version: string;
  /** The first number that counts: 17; 8 for "1.8.0". */
  readonly major: number;
}

export interface JavaSearch {
  /** A Java home or program that must be taken; the others are then not looked at. */
  readonly setting?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const OLDEST_JAVA = 17;
const LOOK_TIMEOUT = 20_000;

/** The first of the setting, JAVA_HOME and PATH that is Java 17 or later. Throws JavaError, which lists what was tried. */
export async function findJava(search: JavaSearch): Promise<Java> {
  const tried: { code: 'JAVA_MISSING' | 'JAVA_TOO_OLD'; words: string }[] = [];
  for (const { origin, command } of candidates(search)) {
    const found = await look(command, search.env);
    if ('problem' in found) tried.push({ code: 'JAVA_MISSING', words: `${origin} (${command}): ${found.problem}` });
    else if (found.major >= OLDEST_JAVA) return found;
    else tried.push({ code: 'JAVA_TOO_OLD', words: `${origin} (${command}) is Java ${found.version}` });
  }
  const code = tried.some((attempt) => attempt.code === 'JAVA_TOO_OLD') ? 'JAVA_TOO_OLD' : 'JAVA_MISSING';
  const list = tried.map((attempt) => attempt.words).join('; ');
  throw new JavaError(code, `The broker needs Java ${OLDEST_JAVA} or later, and none was found: ${list}`);
}

function candidates({ setting, env }: JavaSearch): { origin: string; command: string }[] {
  if (setting !== undefined) {
    return [
      { origin: 'the configured Java', command: join(setting, 'bin', 'java') },
      { origin: 'the configured Java', command: setting },
    ];
  }
  const home = env['JAVA_HOME'];
  return [
    ...(home === undefined || home === '' ? [] : [{ origin: 'JAVA_HOME', command: join(home, 'bin', 'java') }]),
    { origin: 'PATH', command: 'java' },
  ];
}

async function look(command: string, env: JavaSearch['env']): Promise<Java | { problem: string }> {
  try {
    return await askVersion(command, env);
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function askVersion(command: string, env: JavaSearch['env']): Promise<Java | { problem: string }> {
  return new Promise((resolve) => {
    execFile(command, ['-version'], { env: { ...env }, timeout: LOOK_TIMEOUT }, (error, stdout, stderr) => {
      const [, version] = /version "([^"]+)"/.exec(`${stderr}\n${stdout}`) ?? [];
      if (version !== undefined) {
        resolve({ command, version, major: majorOf(version) });
      } else {
        const missing = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
        resolve({ problem: missing ? 'not there' : error === null ? 'does not say its version' : messageOf(error) });
      }
    });
  });
}

function majorOf(version: string): number {
  const [first = 0, second = 0] = version.split(/[.\-+_]/).map(Number);
  return first === 1 ? second : first;
}
