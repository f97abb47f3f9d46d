import { resolve } from 'node:path';
import { ConfigError } from '../../config/config-error';
import { readSchema } from '../../config/schema-file';
import { schemaValidator } from '../../config/schema-validator';
import { parseYaml, readYamlFile, type YamlFile } from '../../config/yaml-file';
import { checkScenario } from './check-scenario';
import type { Scenario } from './scenario';

/**
 * Reads and checks a scenario.
 * @throws ConfigError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_SYNTAX or CONFIG_INVALID, with every problem and its line
 */
export async function loadScenario(path: string): Promise<Scenario> {
  return toScenario(await readYamlFile(resolve(path), 'scenario'));
}

/** As `loadScenario`, from text; `path` is the file that it stands for. */
export function parseScenario(path: string, text: string): Scenario {
  return toScenario(parseYaml(resolve(path), text));
}

function toScenario(yaml: YamlFile): Scenario {
  const problems = schemaValidator(readSchema('scenario.schema.json')).check(yaml);
  if (problems.length > 0) throw ConfigError.of('CONFIG_INVALID', problems);
  const scenario = yaml.value as Scenario;
  const broken = checkScenario(yaml, scenario);
  if (broken.length > 0) throw ConfigError.of('CONFIG_INVALID', broken);
  return scenario;
}
