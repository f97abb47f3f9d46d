import { NetmapError } from '../lib/errors';
import { isSameParameters, parametersOf, parametersText, type ParametersSettings } from './parameters-settings';
import type { Registry } from './registry';
import type { RegistryEvent } from './registry-event';

export interface UpdateSettings {
  /** For people: why and what. */
  readonly description: string;
  /** Until when nodes have to accept, and when the parameters are in force; milliseconds since the epoch. */
  readonly deadline: number;
  readonly parameters: ParametersSettings;
}

/**
 * - PARAMETERS_CHANGED: the settings differ from the parameters in force, without an update that nodes could accept
 * - UPDATE_DEADLINE_PAST: an update is announced for a day that is over
 */
export class ParametersPlanError extends NetmapError<'PARAMETERS_CHANGED' | 'UPDATE_DEADLINE_PAST'> {}

/**
 * What has to happen so that the registry has the parameters, and the announcement, that the operator has set.
 * @throws ParametersPlanError, or NetworkMapError PARAMETERS_CONTENT
 */
export function planParameters(
  registry: Registry,
  settings: { readonly parameters: ParametersSettings; readonly update?: UpdateSettings },
  now: number,
): RegistryEvent[] {
  const { update } = settings;
  const inForce = registry.parameters.at(-1);
  const wanted = parametersText(settings.parameters, 1, now);
  const json = inForce ?? wanted;
  const { epoch } = parametersOf(json);
  const next = update && parametersText(update.parameters, epoch + 1, now);
  const isDone = next !== undefined && isSameParameters(next, json);
  if (!isSameParameters(wanted, json) && !isDone) {
    const message = `the settings of the parameters differ from those in force (epoch ${epoch})`;
    throw new ParametersPlanError('PARAMETERS_CHANGED', message, {
      remedy: 'put them back, and announce what is to change under update',
    });
  }
  const first: RegistryEvent[] = inForce === undefined ? [{ kind: 'parameters', json }] : [];
  if (update === undefined || next === undefined || isDone) {
    return registry.update === undefined ? first : [...first, { kind: 'update', update: null }];
  }
  const { description, deadline } = update;
  const known = registry.update;
  const isKnown =
    known?.description === description && known.deadline === deadline && isSameParameters(known.json, next);
  if (isKnown) return first;
  if (deadline <= now) {
    const message = `the deadline of the update, ${new Date(deadline).toISOString()}, is over`;
    throw new ParametersPlanError('UPDATE_DEADLINE_PAST', message, { remedy: 'set one that nodes have time for' });
  }
  return [...first, { kind: 'update', update: { json: next, description, deadline } }];
}
