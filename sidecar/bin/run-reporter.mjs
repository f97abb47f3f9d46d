import { writeFileSync } from 'node:fs';

/** Keeps the names of the test files that run in the file NETMAP_TESTS_RUNNING, one a line: when jest is ended they are told. */
export default class RunningReporter {
  constructor() {
    this.running = new Set();
  }

  onTestFileStart({ path }) {
    this.running.add(path);
    this.write();
  }

  onTestFileResult({ path }) {
    this.running.delete(path);
    this.write();
  }

  write() {
    writeFileSync(process.env.NETMAP_TESTS_RUNNING, [...this.running].join('\n'));
  }
}
