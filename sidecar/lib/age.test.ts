import { randomBytes } from 'node:crypto';
import { decryptAge, encryptAge, isAge } from './age';

const WORK = 4;

test.each([0, 1, 65_535, 65_536, 65_537, 200_000])('%d bytes come back', async (size) => {
  const plain = randomBytes(size);
  const sealed = await encryptAge(plain, 'secret', WORK);
  expect(isAge(sealed)).toBe(true);
  expect(await decryptAge(sealed, 'secret')).toEqual(plain);
});

test('another passphrase, or a change anywhere, is refused', async () => {
  const sealed = await encryptAge(Buffer.alloc(70_000, 'x'), 'secret', WORK);
  await expect(decryptAge(sealed, 'Secret')).rejects.toMatchObject({ code: 'AGE_PASSPHRASE' });
  for (const at of [5, 30, 60, 120, 165, 200, 65_800, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(decryptAge(changed, 'secret')).rejects.toMatchObject({ name: 'AgeError' });
  }
  for (const length of [0, 10, 180, 65_800, sealed.length - 1, sealed.length - 4_480])
    await expect(decryptAge(sealed.subarray(0, length), 'secret')).rejects.toMatchObject({ name: 'AgeError' });
});

test('chunks cannot be left out or come in another order', async () => {
  const sealed = await encryptAge(randomBytes(200_000), 'secret', WORK);
  const start = sealed.indexOf('\n', sealed.indexOf('---')) + 1 + 16;
  const chunk = 65_552;
  const head = sealed.subarray(0, start);
  const parts = [0, 1, 2, 3].map((index) => sealed.subarray(start + index * chunk, start + (index + 1) * chunk));
  const [one, two, three, four] = parts as [Buffer, Buffer, Buffer, Buffer];
  for (const order of [
    [one, two, three],
    [two, one, three, four],
    [one, three, four],
    [one, two, three, four, four],
  ])
    await expect(decryptAge(Buffer.concat([head, ...order]), 'secret')).rejects.toMatchObject({ code: 'AGE_FORMAT' });
});

test('what the reference implementation of age has encrypted is opened', async () => {
  const theirs =
    'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBPTU52ZExCY3U4QnFhUzNVYjVIYmhnIDEwCjA2YXJQUkFPZlFONm5HREZkTCtXbURnUjFxRjJp' +
    'Q2Uwdm84Z0cvUFg3cE0KLS0tIGVLdXBidElLcjhoM25EVVZYOXZpM29SdUdRUTdsQlo1OFpPbmVmZitnbkUKZjKEOU4p0AM76JH0Ob78w3HM05mrBrg5' +
    '15KFwk59Ealqx6weEx4=';
  expect((await decryptAge(Buffer.from(theirs, 'base64'), 'pass phrase')).toString()).toBe('netmap');
});
