import forge from 'node-forge';
import { messageOf } from '../lib/errors';
import { KeyStoreError } from './key-store-error';

/** One entry of a PKCS#12 file. */
export interface Pkcs12Entry {
  readonly alias: string;
  /** PKCS#8 DER; undefined for a trusted certificate. */
  readonly key: Uint8Array | undefined;
  /** DER; the certificate of the key, or the one trusted certificate. */
  readonly certificate: Uint8Array | undefined;
}

export interface Pkcs12Content {
  readonly entries: readonly Pkcs12Entry[];
  /** Certificates (DER) that belong to no entry of their own: the issuers of chains. */
  readonly others: readonly Uint8Array[];
}

/** Java marks its trusted certificates with this attribute; the library keeps only attributes that it knows by name. */
const TRUSTED = 'trustedKeyUsage';
forge.pki.oids['2.16.840.1.113894.746875.1.1'] = TRUSTED;

/** Reads a PKCS#12 file: AES (PBES2), triple DES and RC2, as Java and OpenSSL write them. Throws KeyStoreError. */
export function readPkcs12(bytes: Uint8Array, password: string): Pkcs12Content {
  if (/[^ -~]/.test(password)) {
    throw new KeyStoreError('KEY_STORE_UNSUPPORTED', 'a PKCS#12 key store can be opened with an ASCII password only', {
      remedy: 'change its password with keytool -storepasswd, or give PEM files',
    });
  }
  const bags = readBags(bytes, password);
  const keys = bags.filter(
    (bag) => bag.type === forge.pki.oids.keyBag || bag.type === forge.pki.oids.pkcs8ShroudedKeyBag,
  );
  const certificates = bags.filter((bag) => bag.type === forge.pki.oids.certBag);
  const used = new Set<forge.pkcs12.Bag>();
  const entries = keys.map((bag, index): Pkcs12Entry => {
    const own = certificates.find((other) => localKeyId(bag) !== undefined && localKeyId(other) === localKeyId(bag));
    if (own !== undefined) used.add(own);
    return { alias: aliasOf(bag) ?? `key ${index + 1}`, key: keyOf(bag), certificate: own && certificateOf(own) };
  });
  const trusted = certificates.filter(
    (bag) => !used.has(bag) && (attribute(bag, TRUSTED) !== undefined || keys.length === 0),
  );
  trusted.forEach((bag, index) => {
    used.add(bag);
    entries.push({
      alias: aliasOf(bag) ?? `certificate ${index + 1}`,
      key: undefined,
      certificate: certificateOf(bag),
    });
  });
  return { entries, others: certificates.filter((bag) => !used.has(bag)).map(certificateOf) };
}

function readBags(bytes: Uint8Array, password: string): forge.pkcs12.Bag[] {
  let store: forge.asn1.Asn1;
  try {
    store = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(bytes).toString('binary')));
  } catch (cause) {
    throw new KeyStoreError(
      'KEY_STORE_INVALID',
      `the file is neither a JKS nor a PKCS#12 key store: ${messageOf(cause)}`,
      { cause },
    );
  }
  try {
    return forge.pkcs12.pkcs12FromAsn1(store, false, password).safeContents.flatMap((content) => content.safeBags);
  } catch (cause) {
    throw refusal(messageOf(cause), cause);
  }
}

function refusal(message: string, cause: unknown): KeyStoreError {
  if (/password/i.test(message)) {
    return new KeyStoreError('KEY_STORE_PASSWORD', 'the password of the key store is wrong, or the file was changed', {
      cause,
    });
  }
  const unsupported = /unsupported|unknown|only .* supported/i.test(message);
  return new KeyStoreError(
    unsupported ? 'KEY_STORE_UNSUPPORTED' : 'KEY_STORE_INVALID',
    `the PKCS#12 key store cannot be read: ${message}`,
    {
      remedy: 'write it anew with keytool -importkeystore, or give PEM files',
      cause,
    },
  );
}

function attribute(bag: forge.pkcs12.Bag, type: string): unknown {
  const attributes = bag.attributes as Record<string, unknown>;
  return attributes[type];
}

function firstText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof first === 'string' ? first : undefined;
}

const aliasOf = (bag: forge.pkcs12.Bag): string | undefined => firstText(attribute(bag, 'friendlyName'));
const localKeyId = (bag: forge.pkcs12.Bag): string | undefined => firstText(attribute(bag, 'localKeyId'));

const derOf = (value: forge.asn1.Asn1): Buffer => Buffer.from(forge.asn1.toDer(value).getBytes(), 'binary');

/** Only keys and certificates with RSA are unpacked by the library; others are handed on as they are. */
function keyOf(bag: forge.pkcs12.Bag): Buffer {
  if (bag.key) return derOf(forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)));
  return derOf(bag.asn1);
}

function certificateOf(bag: forge.pkcs12.Bag): Buffer {
  return derOf(bag.cert ? forge.pki.certificateToAsn1(bag.cert) : bag.asn1);
}
