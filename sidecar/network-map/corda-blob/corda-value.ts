/**
 * A value as a blob's schema describes it: `int` and shorter are numbers, `long` is a bigint, byte arrays and hashes are
 * bytes, collections are arrays, maps keep their order, enumerations are the name of their choice.
 */
export type CordaValue = null | boolean | number | bigint | string | Uint8Array | CordaValue[] | CordaMap | CordaObject;

export class CordaMap {
  constructor(readonly entries: readonly (readonly [CordaValue, CordaValue])[]) {}
}

/**
 * An object of a class. Classes with a form of their own have these fields: java.security.PublicKey and
 * java.security.cert.X509Certificate `encoded` (bytes), java.security.cert.CertPath `encoded` (bytes) and `type`,
 * java.time.Instant `epochSeconds` and `nanos`, java.time.Duration `seconds` and `nanos`.
 */
export class CordaObject {
  constructor(
    /** Name of the class, with type parameters. */
    readonly type: string,
    readonly fields: ReadonlyMap<string, CordaValue>,
  ) {}
}
