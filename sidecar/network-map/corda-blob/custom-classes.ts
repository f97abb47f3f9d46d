/**
 * Classes that Corda writes in a form of their own and leaves out of schemas: one byte array, or fields (name and
 * primitive type) in this order.
 */
export const customClasses: Readonly<
  Partial<Record<string, 'binary' | readonly (readonly [name: string, type: string])[]>>
> = {
  'java.security.PublicKey': 'binary',
  'java.security.cert.X509Certificate': 'binary',
  'java.security.cert.CertPath': [
    ['encoded', 'binary'],
    ['type', 'string'],
  ],
  'java.time.Instant': [
    ['epochSeconds', 'long'],
    ['nanos', 'int'],
  ],
  'java.time.Duration': [
    ['nanos', 'int'],
    ['seconds', 'long'],
  ],
};

/** Before the name of such a class, or the fingerprint of another, in a descriptor. */
export const descriptorPrefix = 'net.corda:';
