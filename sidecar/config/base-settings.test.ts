import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBaseSettings, mergeBaseSettings } from './base-settings';
import { ConfigError } from './config-error';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'base-settings-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function merged(text: string): ReturnType<typeof loadBaseSettings> {
  return mergeBaseSettings(await loadBaseSettings(), '/etc/broker.yaml', text);
}

async function problems(text: string): Promise<string[]> {
  const error: unknown = await merged(text).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${text}`);
  return error.message.split('\n');
}

describe('loadBaseSettings', () => {
  it('has a value for each setting of the schema', async () => {
    expect(await loadBaseSettings()).toEqual({
      journal: { type: 'NIO', sync: true, minFiles: 2, poolFiles: 10 },
      memory: { globalMaxSize: '100M', addressMaxSize: '20M', pageSize: '10M' },
      redelivery: { delayMs: 0, multiplier: 2, maxDelayMs: 60_000, maxAttempts: 10 },
      connection: { idleTimeoutMs: 30_000, amqpCredits: 1000, amqpLowCredits: 300 },
      bridge: { retryIntervalMs: 2000 },
      disk: { maxUsagePercent: 90 },
    });
  });

  it("merges the operator's file over them and leaves the rest", async () => {
    const file = join(folder, 'mine.yaml');
    await writeFile(file, 'memory:\n  globalMaxSize: 2G\njournal: { type: ASYNCIO }\n');
    const base = await loadBaseSettings();
    expect(await loadBaseSettings(file)).toEqual({
      ...base,
      journal: { ...base.journal, type: 'ASYNCIO' },
      memory: { ...base.memory, globalMaxSize: '2G' },
    });
  });

  it('says that a file is not there', async () => {
    await expect(loadBaseSettings(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'CONFIG_MISSING' });
  });
});

describe('the merge', () => {
  it('takes a file of comments as no change', async () => {
    expect(await merged('# journal:\n#   type: ASYNCIO\n')).toEqual(await loadBaseSettings());
  });

  it('refuses an unknown setting with its place and the nearest known one', async () => {
    expect(await problems('journal:\n  sinc: true\nmemmory: {}\n')).toEqual([
      '/etc/broker.yaml:2:3: journal.sinc: is not a known setting; did you mean "sync"?',
      '/etc/broker.yaml:3:1: memmory: is not a known setting; did you mean "memory"?',
    ]);
  });

  it('refuses values of the wrong type, form and range', async () => {
    expect(await problems('memory: { pageSize: 10 }\ndisk: { maxUsagePercent: 101 }\njournal:\n')).toEqual([
      '/etc/broker.yaml:1:21: memory.pageSize: must be text, but is a whole number; Bytes with K, M or G, such as 10M; below 2G',
      '/etc/broker.yaml:2:26: disk.maxUsagePercent: must be <= 100; Percent, from 1 to 100',
      '/etc/broker.yaml:3:9: journal: must be a section of settings, but is empty; give it a value or remove the line',
    ]);
    expect(await problems('memory: { pageSize: 10X }')).toEqual([
      '/etc/broker.yaml:1:21: memory.pageSize: is not of the right form; Bytes with K, M or G, such as 10M; below 2G',
    ]);
    expect(await problems('- a list')).toEqual([
      expect.stringContaining('must be a section of settings, but is a list'),
    ]);
    expect(await problems('redelivery: { maxAttempts: 0 }')).toHaveLength(1);
  });

  it('refuses settings that contradict each other, whichever file they are from', async () => {
    expect(await problems('memory: { addressMaxSize: 1M }\nredelivery: { delayMs: 70000 }')).toEqual([
      '/etc/broker.yaml:1:9: memory.pageSize: is 10M, more than addressMaxSize, which is 1M; make it at most 1M',
      '/etc/broker.yaml:2:24: redelivery.delayMs: is 70000, more than maxDelayMs, which is 60000; make it at most maxDelayMs',
    ]);
    expect(await problems('connection: { amqpLowCredits: 1000 }')).toHaveLength(1);
    expect(await problems('memory: { pageSize: 2G, addressMaxSize: 3G, globalMaxSize: 4G }')).toHaveLength(1);
  });
});
