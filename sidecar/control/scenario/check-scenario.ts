import { X500Name } from '../../certificates/x500-name';
import { X500NameError } from '../../certificates/x500-name-error';
import type { ConfigProblem } from '../../config/config-error';
import type { SettingPath } from '../../config/setting-path';
import type { YamlFile } from '../../config/yaml-file';
import { suggest } from '../../lib/did-you-mean';
import type { Scenario } from './scenario';

/** Messages of all steps: a person is to look at what comes out. */
const MOST_MESSAGES = 10_000;
const FAULTS = ['part', 'cut', 'leave'] as const;

/** What a schema cannot say: rules between one setting and another. */
export function checkScenario(yaml: YamlFile, scenario: Scenario): ConfigProblem[] {
  return [
    ...checkNames(yaml, scenario),
    ...checkMentioned(yaml, scenario),
    ...checkFaults(yaml, scenario),
    ...checkConsumers(yaml, scenario),
    ...checkNumbers(yaml, scenario),
  ];
}

/** X.500 names are names, and each stands for one; so does each short name. */
function checkNames(yaml: YamlFile, { nodes, services }: Scenario): ConfigProblem[] {
  const all: (readonly [SettingPath, string])[] = [
    ...Object.entries(nodes).map(([short, name]) => [['nodes', short], name] as const),
    ...Object.entries(services).map(([short, { name }]) => [['services', short, 'name'], name] as const),
  ];
  const seen = new Map<string, SettingPath>();
  const wrong = all.flatMap(([path, text]) => {
    try {
      const key = X500Name.parse(text).key();
      const other = seen.get(key);
      seen.set(key, path);
      if (other === undefined) return [];
      return [
        yaml.problem(path, `is the name of ${other.slice(0, 2).join('.')} as well`, 'give each a name of its own'),
      ];
    } catch (error) {
      if (!(error instanceof X500NameError)) throw error;
      return [yaml.problem(path, error.message, 'write it as O=Party A, L=London, C=GB')];
    }
  });
  const twice = Object.keys(services).filter((short) => Object.hasOwn(nodes, short));
  return [
    ...wrong,
    ...twice.map((short) =>
      yaml.problem(['services', short], 'is the short name of a node as well', 'choose another', 'key'),
    ),
  ];
}

/** Short names that stand somewhere are names of nodes, or of services where those may stand. */
function checkMentioned(yaml: YamlFile, scenario: Scenario): ConfigProblem[] {
  const { services, faults, consumers, steps } = scenario;
  const nodes = Object.keys(scenario.nodes);
  const anybody = [...nodes, ...Object.keys(services)];
  const named = (path: SettingPath, short: string | undefined, known: readonly string[], what: string) =>
    short === undefined || known.includes(short)
      ? []
      : [
          yaml.problem(
            path,
            `is ${JSON.stringify(short)}, which is no ${what} of this scenario`,
            suggest(short, known),
          ),
        ];
  return [
    ...Object.entries(services).flatMap(([service, { offeredBy }]) =>
      offeredBy.flatMap((short, at) => named(['services', service, 'offeredBy', at], short, nodes, 'node')),
    ),
    ...faults.flatMap(({ part = [], cut, leave }, at) => [
      ...part.flatMap((short, side) => named(['faults', at, 'part', side], short, nodes, 'node')),
      ...named(['faults', at, 'cut'], cut, nodes, 'node'),
      ...named(['faults', at, 'leave'], leave, nodes, 'node'),
    ]),
    ...consumers.flatMap(({ node }, at) => named(['consumers', at, 'node'], node, nodes, 'node')),
    ...steps.flatMap(({ from, to }, at) => [
      ...named(['steps', at, 'from'], from, nodes, 'node'),
      ...named(['steps', at, 'to'], to, anybody, 'node or service'),
    ]),
  ];
}

function checkFaults(yaml: YamlFile, { faults }: Scenario): ConfigProblem[] {
  return faults.flatMap((fault, at) => {
    const given = FAULTS.filter((kind) => fault[kind] !== undefined);
    if (given.length !== 1)
      return [yaml.problem(['faults', at], `needs exactly one of: ${FAULTS.join(', ')}`, 'keep one of them')];
    const [one, other] = fault.part ?? [];
    if (one === undefined || one !== other) return [];
    return [yaml.problem(['faults', at, 'part'], 'names one node twice', 'name two nodes')];
  });
}

function checkConsumers(yaml: YamlFile, { consumers, services }: Scenario): ConfigProblem[] {
  return consumers.flatMap(({ node, as, reply, reject }, at) => {
    const problems: ConfigProblem[] = [];
    if (reply !== undefined && reject !== undefined) {
      const reason = 'does not go together with reply';
      problems.push(yaml.problem(['consumers', at, 'reject'], reason, 'keep one of the two', 'key'));
    }
    const offered = Object.keys(services).filter((service) => services[service]?.offeredBy.includes(node));
    if (as === undefined || offered.includes(as)) return problems;
    const reason = `is ${JSON.stringify(as)}, which ${node} does not offer`;
    const remedy = offered.length === 0 ? 'leave it out, or offer it under services' : suggest(as, offered);
    return [...problems, yaml.problem(['consumers', at, 'as'], reason, remedy)];
  });
}

function checkNumbers(yaml: YamlFile, { network: { delayMs }, steps }: Scenario): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (delayMs.min > delayMs.max) {
    const reason = `is ${delayMs.min}, more than max, which is ${delayMs.max}`;
    problems.push(yaml.problem(['network', 'delayMs', 'min'], reason, 'make it at most max'));
  }
  const messages = steps.reduce((sum, { count }) => sum + count, 0);
  if (messages > MOST_MESSAGES) {
    const reason = `send ${messages} messages, more than ${MOST_MESSAGES}`;
    problems.push(yaml.problem(['steps'], reason, 'lower count', 'key'));
  }
  return problems;
}
