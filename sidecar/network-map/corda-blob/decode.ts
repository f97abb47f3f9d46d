import { readAmqpValue } from './amqp-reader';
import type { CordaValue } from './corda-value';
import { defaultBlobLimits, type BlobLimits } from './limits';
import { readObjects } from './objects';
import { descriptorOf, partsOf, readSchema } from './schema';
import { openSections } from './sections';

/**
 * Decodes one blob of Corda's serialization, whatever its class, by the schema that it carries. Time and memory grow
 * with the limits at most.
 * @throws CordaBlobError
 */
export function decodeCordaBlob(blob: Uint8Array, limits: BlobLimits = defaultBlobLimits): CordaValue {
  const envelope = readAmqpValue(openSections(blob, limits), limits);
  const [object = null, schema = null] = partsOf(envelope, descriptorOf.envelope, 2, 'the envelope');
  return readObjects(object, readSchema(schema));
}
