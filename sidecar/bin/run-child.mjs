import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Setup cannot go on; the message is for the user. */
export class SetupError extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A note on standard error, apart from what the task itself prints. */
export function say(text) {
  console.error(`setup: ${text}`);
}

/**
 * Runs a program on this terminal, passes signals on and resolves with its exit code, 128 + number for a signal.
 * `watch` is given the child, and returns what ends the watch.
 */
export function run(command, args, { watch = () => () => {}, ...options }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: 'inherit',
      shell: process.platform === 'win32' && command === 'npm',
      ...options,
    });
    // The child cleans up and ends; this process waits for it.
    const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [signal, () => child.kill(signal)]);
    for (const [signal, handler] of handlers) process.on(signal, handler);
    const unwatch = watch(child);
    const release = () => {
      unwatch();
      handlers.forEach(([signal, handler]) => process.off(signal, handler));
    };
    child.on('error', (error) => {
      release();
      reject(new SetupError(`cannot run ${command}: ${error.message}`, 2));
    });
    child.on('exit', (code, signal) => {
      release();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
