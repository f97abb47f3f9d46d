import { decodeCordaBlob } from '../network-map/corda-blob/decode';
import { bytesField, fieldOf, listField, objectOf } from '../network-map/corda-blob/fields';
import { instantOf } from '../network-map/instant';
import type { SignedNodeInfoParts } from '../network-map/node-info-blob';
import { writeBulk } from '../network-map/bulk';
import { signMap, signParameters, type DocumentSigner, type SignedFile } from '../network-map/sign-document';
import { readSignedMap, type DocumentForm } from '../network-map/signed-document';
import type { Entry } from './entry';
import { parametersOf } from './parameters-settings';
import type { StoredUpdate } from './registry-event';

export const forms = ['corda', 'json'] as const satisfies readonly DocumentForm[];

export interface NetworkSigners {
  readonly map: DocumentSigner;
  readonly parameters: DocumentSigner;
}

/** What the network is at one moment, before it is signed. */
export interface NetworkContent {
  readonly entries: readonly Entry[];
  /** Parameters in JSON; the last are in force. */
  readonly parameters: readonly string[];
  readonly update: StoredUpdate | undefined;
  /** Node ids by the private map that they are in, and in no other. */
  readonly privateMaps: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What one form of the network map says, and all that is served with it. */
interface SignedForm {
  readonly map: SignedFile;
  readonly entries: readonly Entry[];
  readonly privateMaps: ReadonlyMap<string, SignedFile>;
  readonly inForce: SignedFile;
  /** By their hashes. */
  readonly parameters: ReadonlyMap<string, SignedFile>;
  /** Hash of the update's parameters. */
  readonly updateHash: string | undefined;
  bulk?: Buffer;
}

/** Signed documents of the network at one moment, in both forms. */
export class SignedNetwork {
  private constructor(
    private readonly byForm: Readonly<Record<DocumentForm, SignedForm>>,
    readonly signedAt: number,
  ) {}

  /** Rejects with NetworkMapError. `before` lends what has not changed since. */
  static async sign(
    content: NetworkContent,
    signers: NetworkSigners,
    now: number,
    before?: SignedNetwork,
  ): Promise<SignedNetwork> {
    const [corda, json] = await Promise.all(
      forms.map((form) => signForm(form, content, signers, before?.byForm[form].parameters)),
    );
    return new SignedNetwork({ corda, json } as Record<DocumentForm, SignedForm>, now);
  }

  map(form: DocumentForm): SignedFile {
    return this.byForm[form].map;
  }

  privateMap(form: DocumentForm, id: string): SignedFile | undefined {
    return this.byForm[form].privateMaps.get(id);
  }

  /** In whichever form has this hash. */
  parameters(hash: string): SignedFile | undefined {
    return this.byForm.corda.parameters.get(hash) ?? this.byForm.json.parameters.get(hash);
  }

  /** The parameters that the map names. */
  inForce(form: DocumentForm): SignedFile {
    return this.byForm[form].inForce;
  }

  /** All parameters that are or were in force, or are announced, by their hashes. */
  allParameters(form: DocumentForm): ReadonlyMap<string, SignedFile> {
    return this.byForm[form].parameters;
  }

  /** Private maps by their UUIDs. */
  privateMaps(form: DocumentForm): ReadonlyMap<string, SignedFile> {
    return this.byForm[form].privateMaps;
  }

  isUpdate(hash: string): boolean {
    return forms.some((form) => this.byForm[form].updateHash === hash);
  }

  /** The map and all of its NodeInfos in one; made when it is first asked for. */
  bulk(form: DocumentForm): Buffer {
    const signed = this.byForm[form];
    signed.bulk ??= form === 'corda' ? bulkBlob(signed) : bulkJson(signed);
    return signed.bulk;
  }
}

async function signForm(
  form: DocumentForm,
  { entries, parameters, update, privateMaps }: NetworkContent,
  signers: NetworkSigners,
  known: ReadonlyMap<string, SignedFile> | undefined,
): Promise<SignedForm> {
  const sign = async (text: string): Promise<SignedFile> => {
    const file = await signParameters(parametersOf(text), signers.parameters, form);
    return known?.get(file.hash) ?? file;
  };
  const files = await Promise.all(parameters.map(sign));
  const next = update && (await sign(update.json));
  const inForce = files.at(-1);
  if (inForce === undefined) throw new RangeError('a network without parameters cannot be signed');
  const ofForm = entries.filter((entry) => entry.form === form);
  const mapOf = (members: readonly Entry[]): Promise<SignedFile> => {
    const document = {
      nodeInfoHashes: members.map(({ hash }) => hash),
      networkParameterHash: inForce.hash,
      ...(update === undefined || next === undefined
        ? {}
        : {
            parametersUpdate: {
              hash: next.hash,
              description: update.description,
              deadline: instantOf(update.deadline),
            },
          }),
    };
    return signMap(document, signers.map, form);
  };
  const hidden = new Set([...privateMaps.values()].flatMap((members) => [...members]));
  const open = ofForm.filter(({ node }) => !hidden.has(node));
  const privates = [...privateMaps].map(async ([id, members]): Promise<[string, SignedFile]> => {
    return [id, await mapOf(ofForm.filter(({ node }) => members.has(node)))];
  });
  return {
    map: await mapOf(open),
    entries: open,
    inForce,
    privateMaps: new Map(await Promise.all(privates)),
    parameters: new Map([...files, ...(next === undefined ? [] : [next])].map((file) => [file.hash, file])),
    updateHash: next?.hash,
  };
}

function bulkBlob({ map, entries }: SignedForm): Buffer {
  return writeBulk(readSignedMap(map.bytes), entries.map(partsOf));
}

function bulkJson({ map, entries }: SignedForm): Buffer {
  const nodeInfos = entries.map(({ bytes }) => bytes.toString('utf8').trimEnd()).join(',');
  return Buffer.from(`{"map":${map.bytes.toString('utf8').trimEnd()},"nodeInfos":[${nodeInfos}]}\n`);
}

/** Most entries are in the next map, too, and reading 10,000 takes half a second. */
const known = new WeakMap<Entry, SignedNodeInfoParts>();

function partsOf(entry: Entry): SignedNodeInfoParts {
  const parts = known.get(entry) ?? readParts(entry);
  known.set(entry, parts);
  return parts;
}

/** The signed bytes and the signatures; what they state was read when they were published. */
function readParts({ bytes }: Entry): SignedNodeInfoParts {
  const signed = objectOf(decodeCordaBlob(bytes), 'net.corda.nodeapi.internal.SignedNodeInfo');
  const raw = objectOf(fieldOf(signed, 'raw'), 'net.corda.core.serialization.SerializedBytes');
  const signatures = listField(signed, 'signatures').map((signature) => {
    return { bytes: bytesField(objectOf(signature, 'net.corda.core.crypto.DigitalSignature'), 'bytes') };
  });
  return { raw: bytesField(raw, 'bytes'), signatures };
}
