import { hashPassword, iterationsOf, verifyPassword } from './password-hash';

/** Written by the broker's own hash processor (2.56.0). */
const BY_THE_BROKER: readonly (readonly [string, string])[] = [
  [
    'secret',
    'ENC(1024:BD11027F1AA20E28EBADFC4DCC73C544A12E84138E9CE74D078E4643C89BA169:6748C9C8B67658ADC422EE45CA6B82996A53AAD160C60FBBA2D51E3AAB356CF74972A563E03534E3AE7E82A167A9F0E9EEA4CE5469D6128FC9DF889DDEC5CAC8)',
  ],
  [
    'päßwörd €',
    'ENC(1024:6C2D27E021299105735E879D7F24D1AEA6FA816415D6DC60FA9567947F2BAF80:81526E59F1D3D43ACFF8AE6DBC6C69FCF83F206BB0330C94236CE07DDEE837D9F2F8ECC0C18AE815C70F66BB9C97022693FF9D1A751DEBF74457BC17F086563F)',
  ],
  [
    '\u{1f511} key',
    'ENC(1024:352AB9192568A64BC552F9AECA517FB2FD848AFFCCBCDB3F19DFABAB8FF88F82:2A853AF643934553DF74A17F230A06EC9E0668A19151DF8917EB51804F2B2E384A490C1F225B909951046945E708E2B6C464498A397B34BCE30C5EFD07C1DD69)',
  ],
  [
    ' lead trail ',
    'ENC(1024:287D047EF3C5E33F1E47A7A0BFF91C3F7A6FD24742B62C9735A0B37F40DE2814:23BEBB1EC37F440D6175E52B94A88506FE0F19BE8F7D57FF3A84E605F23D283FD22A14713E56B41243CF7F7093FBCFECF976DD1C319546BDC738C6C946F11C1B)',
  ],
  [
    ':=#\\',
    'ENC(1024:E72B7C3848359CAFAF3DD7A46680458805D611C91E337ACB94765568347E0779:43A165B86DBB5EB3F542BD6657BF03E0DB05853FE0E052C884EC55A930368372F5C7911B8FBA16013C41A358BA49D9B23E135E7D149A1C4442541E042869BC07)',
  ],
];

/** Written by `hashPassword`; the broker's properties login module has let `secret` in with it, and nothing else. */
const TAKEN_BY_THE_BROKER =
  'ENC(200000:0707070707070707070707070707070707070707070707070707070707070707:11C6AB17BFE0D64EA4CECFBDD8EC678356440F20)';

test.each(BY_THE_BROKER)('verifies what the broker wrote for %j', async (password, hash) => {
  await expect(verifyPassword(password, hash)).resolves.toBe(true);
  await expect(verifyPassword(`${password}x`, hash)).resolves.toBe(false);
});

test('writes what the broker takes', async () => {
  const hash = await hashPassword('secret', (bytes) => Buffer.alloc(bytes, 7));
  expect(hash).toBe(TAKEN_BY_THE_BROKER);
});

test('takes a new salt each time', async () => {
  const [one, other] = await Promise.all([hashPassword('secret'), hashPassword('secret')]);
  expect(one).not.toBe(other);
  await expect(verifyPassword('secret', one)).resolves.toBe(true);
  await expect(verifyPassword('secret', other)).resolves.toBe(true);
});

test.each(['', 'secret', 'ENC()', 'ENC(1:00:00)', 'ENC(99999999:0011223344556677:00112233445566778899AABBCCDDEEFF)'])(
  'nobody gets in with %j',
  async (hash) => {
    await expect(verifyPassword('secret', hash)).resolves.toBe(false);
  },
);

test('iterations', () => {
  expect(iterationsOf(BY_THE_BROKER[0]?.[1] ?? '')).toBe(1024);
  expect(iterationsOf('secret')).toBeUndefined();
});
