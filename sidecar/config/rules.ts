import type { AcceptorsConfig, Config, ListenConfig } from './config';
import { nearestWord } from '../lib/did-you-mean';
import { isTimeZone } from '../lib/wall-clock';
import type { ConfigProblem } from './config-error';
import type { YamlFile } from './yaml-file';

const ANY_HOST: ReadonlySet<string> = new Set(['0.0.0.0', '::', '*']);

/** What a schema cannot say: rules between one setting and another. */
export function checkRules(yaml: YamlFile, config: Config): ConfigProblem[] {
  return [
    ...checkPorts(yaml, config.acceptors),
    ...checkRetry(yaml, config),
    ...checkMode(yaml, config),
    ...checkStore(yaml, config),
    ...checkSources(yaml, config),
    ...checkProfile(yaml, config),
    ...checkRevocation(yaml, config),
    ...checkMaintenance(yaml, config),
  ];
}

function checkPorts(yaml: YamlFile, acceptors: AcceptorsConfig): ConfigProblem[] {
  const { p2p, node, rpc, rpcAdmin } = acceptors;
  const listening = Object.entries<ListenConfig>({ p2p, node, rpc, rpcAdmin });
  return listening.flatMap(([name, own], index) => {
    const clash = listening.slice(0, index).find(([, other]) => clashes(own, other));
    if (clash === undefined) return [];
    const reason = `port ${own.port} is already taken by acceptors.${clash[0]}`;
    return [yaml.problem(['acceptors', name, 'port'], reason, 'give each acceptor a port of its own')];
  });
}

function clashes(one: ListenConfig, other: ListenConfig): boolean {
  return one.port === other.port && (one.host === other.host || ANY_HOST.has(one.host) || ANY_HOST.has(other.host));
}

function checkRetry(yaml: YamlFile, config: Config): ConfigProblem[] {
  const retry = config.bridges.retry;
  const pairs = [
    ['minSeconds', 'maxSeconds'],
    ['handshakeMinSeconds', 'handshakeMaxSeconds'],
  ] as const;
  return pairs.flatMap(([least, longest]) => {
    if (retry[least] <= retry[longest]) return [];
    const reason = `is ${retry[least]}, more than ${longest}, which is ${retry[longest]}`;
    return [yaml.problem(['bridges', 'retry', least], reason, `make it at most ${longest}`)];
  });
}

function checkMode(yaml: YamlFile, config: Config): ConfigProblem[] {
  if (config.broker.mode === 'embedded') return [];
  return (['home', 'java'] as const).flatMap((name) => {
    if (config.broker[name] === undefined) return [];
    const reason = 'has no effect on a broker that is attached';
    return [yaml.problem(['broker', name], reason, 'remove it, or set broker.mode to embedded', 'key')];
  });
}

function checkStore(yaml: YamlFile, { broker }: Config): ConfigProblem[] {
  if (broker.highAvailability === 'none' || broker.data !== undefined) return [];
  const reason = 'needs a data folder that both brokers share';
  return [yaml.problem(['broker', 'highAvailability'], reason, 'set broker.data')];
}

function checkProfile(yaml: YamlFile, { profile, node, sources }: Config): ConfigProblem[] {
  if (profile === 'swaptacular') {
    if (sources.length === 0) return [];
    const reason = "has no effect in the profile swaptacular: the authority's database names the peers";
    return [yaml.problem(['sources'], reason, 'remove it', 'key')];
  }
  if (node.authority === undefined) return [];
  return [
    yaml.problem(['node', 'authority'], 'belongs to the profile swaptacular', 'set profile to swaptacular', 'key'),
  ];
}

function checkRevocation(yaml: YamlFile, { profile, certificates: { revocation } }: Config): ConfigProblem[] {
  if (revocation === undefined) return [];
  const path = ['certificates', 'revocation'];
  if (profile === 'swaptacular') {
    const reason = 'has no effect in the profile swaptacular, whose network has no revocation lists';
    return [yaml.problem(path, reason, 'remove it; a peer is cut off by netmap ca deactivate-peer', 'key')];
  }
  return revocation.lists.flatMap(({ file, url }, index) => {
    const list = [...path, 'lists', index];
    if ((file === undefined) === (url === undefined))
      return [yaml.problem(list, 'needs exactly one of: file, url', 'name a file or a URL')];
    if (url === undefined || URL.canParse(url)) return [];
    return [yaml.problem([...list, 'url'], 'is not a URL', 'write it as https://pki.example/doorman.crl')];
  });
}

function checkMaintenance(yaml: YamlFile, { maintenance }: Config): ConfigProblem[] {
  return maintenance.flatMap(({ from, until, timeZone }, index) => {
    const path = ['maintenance', index];
    const problems: ConfigProblem[] = [];
    if (from === until)
      problems.push(
        yaml.problem([...path, 'until'], 'is when it opens, too', 'for a whole day write from 00:00 until 24:00'),
      );
    if (!isTimeZone(timeZone)) {
      const nearest = nearestWord(timeZone, Intl.supportedValuesOf('timeZone'));
      const remedy = nearest === undefined ? 'write it as Europe/Zurich, or UTC' : `did you mean ${nearest}?`;
      problems.push(yaml.problem([...path, 'timeZone'], `is no time zone: ${timeZone}`, remedy));
    }
    return problems;
  });
}

function checkSources(yaml: YamlFile, { sources }: Config): ConfigProblem[] {
  const services = sources.flatMap(({ networkMap }, index) =>
    networkMap === undefined ? [] : [{ networkMap, index }],
  );
  const others = services.slice(1).map(({ index }) => {
    const path = ['sources', index, 'networkMap'];
    return yaml.problem(
      path,
      'is a second network map service',
      'keep one; its private maps are named there, too',
      'key',
    );
  });
  const urls = services.flatMap(({ networkMap: { url }, index }) => {
    if (URL.canParse(url)) return [];
    return [
      yaml.problem(['sources', index, 'networkMap', 'url'], 'is not a URL', 'write it as https://map.example/zone'),
    ];
  });
  const bounds = services.flatMap(({ networkMap: { minPollSeconds, maxPollSeconds }, index }) => {
    if (minPollSeconds <= maxPollSeconds) return [];
    const reason = `is ${minPollSeconds}, more than maxPollSeconds, which is ${maxPollSeconds}`;
    const path = ['sources', index, 'networkMap', 'minPollSeconds'];
    return [yaml.problem(path, reason, 'make it at most maxPollSeconds')];
  });
  return [...others, ...urls, ...bounds];
}
