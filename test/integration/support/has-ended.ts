import { readFile } from 'node:fs/promises';

/** Whether the process runs no more. One whose exit code nobody has asked for yet has ended, too. */
export async function hasEnded(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tX');
  return /^State:\s+[XZ]/m.test(status);
}
