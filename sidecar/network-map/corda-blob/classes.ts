/** A field of a class as Corda writes it into schemas. */
export interface ClassField {
  readonly name: string;
  /** Of the declared type: a primitive of AMQP, a class, a collection, or java.lang.Object for whatever it holds. */
  readonly type: string;
  readonly isOptional?: true;
}

/** A class that is written as the list of its fields, in this order. */
export interface ComposedClass {
  readonly fingerprint: string;
  readonly fields: readonly ClassField[];
  /** The class that fields are declared with for it. */
  readonly parent?: string;
}

/** A collection with type parameters: a list of elements, or a map of keys to values. */
export interface CollectionClass {
  readonly fingerprint: string;
  readonly source: 'list' | 'map';
  /** The type of the elements, or those of keys and values. */
  readonly of: readonly string[];
}

const hashes = 'java.util.List<net.corda.core.crypto.SecureHash>';
const addresses = 'java.util.List<net.corda.core.utilities.NetworkHostAndPort>';
const parties = 'java.util.List<net.corda.core.identity.PartyAndCertificate>';
const notaries = 'java.util.List<net.corda.core.node.NotaryInfo>';
const signatures = 'java.util.List<net.corda.core.crypto.DigitalSignature>';
const certificates = 'java.util.List<java.security.cert.X509Certificate>';
const whitelist = `java.util.Map<string, ${hashes}>`;
const owners = 'java.util.Map<string, java.security.PublicKey>';
const nodeInfoBytes = 'net.corda.core.serialization.SerializedBytes<net.corda.core.node.NodeInfo>';
const anyBytes = 'net.corda.core.serialization.SerializedBytes<java.lang.Object>';
/** A list whose declared type says nothing of its elements. */
export const listOfAnything = 'java.util.List<java.lang.Object>';

/** The fingerprint of a type is Corda's digest of its shape: with another one it would be taken for another version. */
export const composedClasses: Readonly<Partial<Record<string, ComposedClass>>> = {
  'net.corda.nodeapi.internal.network.NetworkMap': composed('hsLP+B5h/iEJtJAmTe3GXw==', [
    ['networkParameterHash', 'net.corda.core.crypto.SecureHash'],
    ['nodeInfoHashes', hashes],
    ['parametersUpdate', 'net.corda.nodeapi.internal.network.ParametersUpdate', 'optional'],
  ]),
  'net.corda.nodeapi.internal.network.ParametersUpdate': composed('z3ERozcEmHv5Pw+mlPH39g==', [
    ['description', 'string'],
    ['newParametersHash', 'net.corda.core.crypto.SecureHash'],
    ['updateDeadline', 'java.time.Instant'],
  ]),
  'net.corda.core.crypto.SecureHash': composed('b79PeMBLsHxu2A23yDYRaA==', [
    ['bytes', 'binary'],
    ['offset', 'int'],
    ['size', 'int'],
  ]),
  'net.corda.core.crypto.SecureHash$SHA256': {
    ...composed('7YZSUU3tC6YvtX33Klo9Jg==', [['bytes', 'binary']]),
    parent: 'net.corda.core.crypto.SecureHash',
  },
  'net.corda.core.node.NetworkParameters': composed('kZXKDqagj8XgyPGseUES2A==', [
    ['epoch', 'int'],
    ['eventHorizon', 'java.time.Duration'],
    ['maxMessageSize', 'int'],
    ['maxTransactionSize', 'int'],
    ['minimumPlatformVersion', 'int'],
    ['modifiedTime', 'java.time.Instant'],
    ['notaries', notaries],
    ['packageOwnership', owners],
    ['whitelistedContractImplementations', whitelist],
  ]),
  'net.corda.core.node.NotaryInfo': composed('LgGAObv9hX+sgfmAA5Q6pA==', [
    ['identity', 'net.corda.core.identity.Party'],
    ['validating', 'boolean'],
  ]),
  'net.corda.core.identity.Party': composed('H9KOi8agUusgKKi3MEB3xg==', [
    ['name', 'net.corda.core.identity.CordaX500Name'],
    ['owningKey', 'java.security.PublicKey'],
  ]),
  'net.corda.core.identity.CordaX500Name': composed('ngdwbt6kRT0l5nn16uf87A==', [
    ['commonName', 'string', 'optional'],
    ['country', 'string'],
    ['locality', 'string'],
    ['organisation', 'string'],
    ['organisationUnit', 'string', 'optional'],
    ['state', 'string', 'optional'],
  ]),
  'net.corda.core.node.NodeInfo': composed('ncUcZzvT9YGn0ItdoWW3QQ==', [
    ['addresses', addresses],
    ['legalIdentitiesAndCerts', parties],
    ['platformVersion', 'int'],
    ['serial', 'long'],
  ]),
  'net.corda.core.utilities.NetworkHostAndPort': composed('IA+5d7+UvO6yts6wDzr86Q==', [
    ['host', 'string'],
    ['port', 'int'],
  ]),
  'net.corda.core.identity.PartyAndCertificate': composed('GaPpq/rL9KtfTOQDN9ZCbA==', [
    ['certPath', 'java.security.cert.CertPath'],
  ]),
  'net.corda.nodeapi.internal.SignedNodeInfo': composed('ieV9xgdbQxDPSO7D1wCaaA==', [
    ['raw', nodeInfoBytes],
    ['signatures', signatures],
  ]),
  [nodeInfoBytes]: composed('zB1q2r3GgK9FQwIjfbd1RA==', [['bytes', 'binary']]),
  'net.corda.core.crypto.DigitalSignature': composed('de8amhp5gGpyflz2aiXnLg==', [['bytes', 'binary']]),
  'net.corda.core.internal.SignedDataWithCert': composed('e98tEhZoDgCPaw7e/CggMA==', [
    ['raw', anyBytes],
    ['sig', 'net.corda.core.internal.DigitalSignatureWithCert'],
  ]),
  [anyBytes]: composed('Da+PVvagr1XTEHgLWYrVsA==', [['bytes', 'binary']]),
  'net.corda.core.internal.DigitalSignatureWithCert': composed('VTHxvfMXaAOWqzJg4w/APQ==', [
    ['by', 'java.security.cert.X509Certificate'],
    ['bytes', 'binary'],
    ['parentCertsChain', certificates],
  ]),
  'net.corda.core.crypto.SignedData': composed('sHfQUJw07nzphmjzzVW/rQ==', [
    ['raw', anyBytes],
    ['sig', 'net.corda.core.crypto.DigitalSignature$WithKey'],
  ]),
  'net.corda.core.crypto.DigitalSignature$WithKey': composed('gicjWRdOYlZn6Ydnsfi0iw==', [
    ['by', 'java.security.PublicKey'],
    ['bytes', 'binary'],
  ]),
  'kotlin.Pair': composed('0EX6gpKigGJ6wZqtUS51cg==', [
    ['first', 'java.lang.Object'],
    ['second', 'java.lang.Object'],
  ]),
};

export const collectionClasses: Readonly<Partial<Record<string, CollectionClass>>> = {
  [hashes]: list('cSkzqbskuJ0tzGSo1k+Zvw==', 'net.corda.core.crypto.SecureHash'),
  [addresses]: list('9xPTMAygl1pGTAXRpGVtiA==', 'net.corda.core.utilities.NetworkHostAndPort'),
  [parties]: list('aWe8j2aAdn/K21a2A3CKmA==', 'net.corda.core.identity.PartyAndCertificate'),
  [notaries]: list('Lm6D8R5mkucZHBqmCj6KlA==', 'net.corda.core.node.NotaryInfo'),
  [signatures]: list('EsP6FyeXjyCNDitmu9O/Zg==', 'net.corda.core.crypto.DigitalSignature'),
  [certificates]: list('YRDUtwa/h53JTjkh6Z5v+A==', 'java.security.cert.X509Certificate'),
  [listOfAnything]: list('1BLPJgNvsxdvPcbrIQd87g==', 'java.lang.Object'),
  [owners]: { fingerprint: 'ZZ81CV5YUks1ewSGpHn4TQ==', source: 'map', of: ['string', 'java.security.PublicKey'] },
  [whitelist]: { fingerprint: 'Xc2UJChe9k/aA+4vi4Y6ng==', source: 'map', of: ['string', hashes] },
};

function composed(fingerprint: string, fields: readonly [string, string, 'optional'?][]): ComposedClass {
  return {
    fingerprint,
    fields: fields.map(([name, type, optional]) =>
      optional === undefined ? { name, type } : { name, type, isOptional: true },
    ),
  };
}

function list(fingerprint: string, element: string): CollectionClass {
  return { fingerprint, source: 'list', of: [element] };
}
