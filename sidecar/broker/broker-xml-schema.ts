import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryPages, validateXML } from 'xmllint-wasm';

const SCHEMA = 'artemis-configuration.xsd';
const IMPORTED = 'xml.xsd';

/** What the distribution's own schema (in `schemaFolder`) finds wrong with a broker.xml; empty when it is valid. */
export async function validateBrokerXml(brokerXml: string, schemaFolder: string): Promise<string[]> {
  const file = async (fileName: string): Promise<{ fileName: string; contents: string }> => ({
    fileName,
    contents: await readFile(join(schemaFolder, fileName), 'utf8'),
  });
  const result = await validateXML({
    xml: [{ fileName: 'broker.xml', contents: coreElement(brokerXml) }],
    schema: [await file(SCHEMA)],
    preload: [await file(IMPORTED)],
    initialMemoryPages: 16 * memoryPages.MiB,
    maxMemoryPages: 256 * memoryPages.MiB,
  });
  return result.valid ? [] : result.errors.map(({ message, loc }) => `line ${loc?.lineNumber ?? '?'}: ${message}`);
}

/** The schema describes the core element alone, and so does the broker check it; lines keep their numbers. */
function coreElement(brokerXml: string): string {
  const from = brokerXml.indexOf('<core');
  const to = brokerXml.lastIndexOf('</core>');
  if (from < 0 || to < from) return brokerXml;
  return brokerXml.slice(0, from).replaceAll(/[^\n]/g, '') + brokerXml.slice(from, to + '</core>'.length);
}
