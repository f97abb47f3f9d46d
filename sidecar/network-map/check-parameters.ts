import { cordaName } from '../certificates/corda-name';
import { keySchemeOf } from '../certificates/keys';
import { messageOf, NetmapError } from '../lib/errors';
import { isHash } from './hash';
import { isInstant } from './instant';
import { NetworkMapError } from './network-map-error';
import type { NetworkParametersDocument } from './network-parameters';

const greatestInt = 2 ** 31 - 1;
const identifier = String.raw`[\p{L}\p{Nl}\p{Sc}\p{Pc}][\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mn}\p{Mc}]*`;
const javaPackage = new RegExp(String.raw`^${identifier}(?:\.${identifier})*$`, 'u');

/**
 * Checks what Corda asks of network parameters, whatever form they came in, and gives them back.
 * @throws NetworkMapError PARAMETERS_CONTENT
 */
export function checkParameters(parameters: NetworkParametersDocument): NetworkParametersDocument {
  for (const name of ['minimumPlatformVersion', 'maxMessageSize', 'maxTransactionSize', 'epoch'] as const) {
    const value = parameters[name];
    if (!Number.isInteger(value) || value < 1 || value > greatestInt) {
      throw refuse(`${name} is ${value}, not from 1 to ${greatestInt}`);
    }
  }
  if (!isInstant(parameters.modifiedTime)) throw refuse('modifiedTime is not from the year 1 to the year 9999');
  const { eventHorizon } = parameters;
  if (!Number.isInteger(eventHorizon) || eventHorizon < 0) {
    throw refuse(`eventHorizon is ${eventHorizon}, not a number of milliseconds from 0`);
  }
  for (const [contract, hashes] of parameters.whitelistedContractImplementations) {
    if (!hashes.every(isHash)) throw refuse(`an attachment of the contract ${contract} is not a hash of SHA-256`);
  }
  checkNotaries(parameters);
  checkPackages(parameters);
  return parameters;
}

function checkNotaries({ notaries }: NetworkParametersDocument): void {
  const seen = new Set<string>();
  for (const { name, publicKey } of notaries) {
    const notary = `the notary ${name.toCorda()}`;
    attempt(notary, () => cordaName(name));
    attempt(`the key of ${notary}`, () => keySchemeOf(publicKey));
    const key = Buffer.from(publicKey).toString('hex');
    if (seen.has(key)) throw refuse(`the key of ${notary} is there twice`);
    seen.add(key);
  }
}

function checkPackages({ packageOwnership }: NetworkParametersDocument): void {
  for (const [name, key] of packageOwnership) {
    if (!javaPackage.test(name)) throw refuse(`${JSON.stringify(name)} is not the name of a Java package`);
    attempt(`the owner's key of the package ${name}`, () => keySchemeOf(key));
    const parts = name.split('.');
    const outer = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
    const other = outer.find((each) => packageOwnership.has(each));
    if (other !== undefined) throw refuse(`the packages ${other} and ${name} lie in each other`);
  }
}

function attempt(what: string, run: () => unknown): void {
  try {
    run();
  } catch (cause) {
    if (!(cause instanceof NetmapError)) throw cause;
    throw new NetworkMapError('parameters', 'CONTENT', `${what} is refused: ${messageOf(cause)}`, cause);
  }
}

function refuse(reason: string): NetworkMapError {
  return new NetworkMapError('parameters', 'CONTENT', reason);
}
