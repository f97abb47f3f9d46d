import { cpus } from 'node:os';
import { systemProcessors } from './processors';

test('processors that have nothing to do are idle for as long as that lasts, and not longer', async () => {
  const { count } = systemProcessors;
  expect(count).toBe(cpus().length);
  const [began, before] = [performance.now(), systemProcessors.idledMs()];
  await new Promise((resolve) => setTimeout(resolve, 300));
  const [ms, idled] = [performance.now() - began, systemProcessors.idledMs() - before];
  expect(idled).toBeGreaterThanOrEqual(0);
  // The system counts in hundredths of a second, each processor for itself.
  expect(idled).toBeLessThanOrEqual(count * (ms + 40));
});
