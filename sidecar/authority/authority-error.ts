import { NetmapError } from '../lib/errors';

export type AuthorityErrorCode =
  /** A file or folder of the authority's database is missing, or cannot be read or written. */
  | 'DATABASE_FILE'
  /** A file that was named, such as an info bundle, cannot be read or is too large. */
  | 'INPUT_FILE'
  /** A file of the database holds something else than it should. */
  | 'DATABASE_INVALID'
  /** There is a database already where a new one should be made, or a file that would be replaced. */
  | 'DATABASE_EXISTS'
  /** Another command is writing the database. */
  | 'DATABASE_LOCKED'
  /** The root's private key cannot be unlocked, or belongs to another root. */
  | 'ROOT_KEY'
  /** What a new node is to be called, or its other settings, cannot be used. */
  | 'NODE_INVALID'
  /** A stomp.toml that does not say where messages go. */
  | 'STOMP_TOML'
  | ZipErrorCode
  | BundleErrorCode
  | PeerCertificateErrorCode
  | PeerErrorCode;

export type ZipErrorCode =
  /** Not a zip file, or a damaged one. */
  | 'ZIP_INVALID'
  /** More files, bytes or compression than such a file can have. */
  | 'ZIP_LIMIT'
  /** A name that leads out of its folder, is absolute, or could not be told from others on some system. */
  | 'ZIP_NAME'
  | 'ZIP_DUPLICATE'
  /** A symbolic link, a device or something else that is neither file nor folder. */
  | 'ZIP_FILE_TYPE'
  | 'ZIP_ENCRYPTED'
  /** A compression that is neither none nor deflate. */
  | 'ZIP_COMPRESSION'
  | 'ZIP_CHECKSUM';

export type BundleErrorCode =
  /** The four files are not all there, or there are others. */
  | 'BUNDLE_CONTENT'
  /** root-ca.crt is not one certificate in PEM. */
  | 'BUNDLE_ROOT_INVALID'
  /** The subject is not that of a node: O, OU and serialNumber of the right form, nothing else. */
  | 'BUNDLE_ROOT_SUBJECT'
  | 'BUNDLE_ROOT_NOT_SELF_ISSUED'
  | 'BUNDLE_ROOT_SIGNATURE'
  /** Not an RSA key of 2048 to 8192 bits with an exponent of 65537 or more. */
  | 'BUNDLE_ROOT_KEY'
  /** The ID of an agent is not made from its key. */
  | 'BUNDLE_ROOT_ID'
  /** The basic constraints are missing, not critical, or not those of a CA. */
  | 'BUNDLE_ROOT_CA'
  | 'BUNDLE_ROOT_PATH_LENGTH'
  | 'BUNDLE_ROOT_KEY_USAGE'
  /** A missing or wrong subject key identifier, name constraints that bar itself, or a critical extension that is not understood. */
  | 'BUNDLE_ROOT_EXTENSION'
  | 'BUNDLE_ROOT_VALIDITY'
  /** root-ca.csr is not one certificate signing request in PEM. */
  | 'BUNDLE_REQUEST_INVALID'
  | 'BUNDLE_REQUEST_SUBJECT'
  | 'BUNDLE_REQUEST_KEY'
  | 'BUNDLE_REQUEST_SIGNATURE'
  /** nodeinfo.signature was not made over nodeinfo.zip with the root's key. */
  | 'BUNDLE_NODEINFO_SIGNATURE'
  /** nodeinfo.zip holds no stomp.toml, or an updated-at.txt that is no date. */
  | 'BUNDLE_NODEINFO';

export type PeerCertificateErrorCode =
  /** Not one certificate in PEM. */
  | 'PEER_CERTIFICATE_INVALID'
  /** Issued by somebody else than the peer. */
  | 'PEER_CERTIFICATE_ISSUER'
  | 'PEER_CERTIFICATE_SIGNATURE'
  /** Issued to somebody else. */
  | 'PEER_CERTIFICATE_SUBJECT'
  | 'PEER_CERTIFICATE_KEY'
  /** The basic constraints are missing, not critical, or not those of a CA. */
  | 'PEER_CERTIFICATE_CA'
  | 'PEER_CERTIFICATE_KEY_USAGE'
  /** Not critical, not of directory names, or they permit another name or too much. */
  | 'PEER_CERTIFICATE_NAME_CONSTRAINTS'
  /** A key identifier is missing or wrong, or a critical extension is not understood. */
  | 'PEER_CERTIFICATE_EXTENSION'
  | 'PEER_CERTIFICATE_VALIDITY'
  /** The comment of an accounting authority gives no subnet of the right form. */
  | 'PEER_CERTIFICATE_SUBNET';

export type PeerErrorCode =
  /** No peer with this ID has been signed. */
  | 'PEER_UNKNOWN'
  /** Two nodes of these types do not peer, or it is this node itself. */
  | 'PEER_TYPE'
  /** The ID belongs to a peer with another root. */
  | 'PEER_OTHER_ROOT'
  /** Another certificate of this peer is registered already. */
  | 'PEER_REGISTERED'
  /** The exchange is not complete yet. */
  | 'PEER_PENDING'
  | 'PEER_DEACTIVATED'
  /** Fewer queues than before, or not 1 to 99. */
  | 'PEER_QUEUES'
  /** The bundle is older than the one that is known. */
  | 'PEER_BUNDLE_OLD'
  /** No subnet is left, or a debtors agent has its one peer. */
  | 'PEER_SUBNET';

/** What is wrong with a node's certificate authority, or with what another one sent. */
export class AuthorityError extends NetmapError<AuthorityErrorCode> {}
