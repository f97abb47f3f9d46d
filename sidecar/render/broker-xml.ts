import { create } from 'xmlbuilder2';
import type { AddressSetting, Bridge, BrokerPlan, Permission } from '../plan/broker-plan';
import { SYSTEM_USERS } from '../plan/roles';
import { acceptorUri, bridgeUri } from './transport-uri';

type XmlBuilder = ReturnType<typeof create>;

const CORE = 'urn:activemq:core';
/** The sidecar reloads by management; a poll of the files between two of its writes would read half a change. */
const REFRESH_MS = 86_400_000;
/** Bytes that the journal adds to a message: a record that does not fit its file could not be stored. */
const RECORD_ROOM = 524_288;

/** The static part of the broker, and the connections that are in use. */
export function renderBrokerXml(plan: BrokerPlan, active: readonly Bridge[]): string {
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  const core = document.ele('urn:activemq', 'configuration').ele(CORE, 'core');
  renderGeneral(core, plan);
  const acceptors = core.ele(CORE, 'acceptors');
  for (const acceptor of plan.acceptors) {
    acceptors.ele(CORE, 'acceptor', { name: acceptor.name }).txt(acceptorUri(plan, acceptor));
  }
  if (active.length > 0) renderConnections(core, plan, active);
  renderSecurity(core, plan.permissions);
  renderAddressSettings(core, plan.addressSettings);
  renderAddresses(core, plan);
  return `${document.end({ prettyPrint: true })}\n`;
}

function renderGeneral(core: XmlBuilder, plan: BrokerPlan): void {
  const { journal, memory, disk } = plan.base;
  const largest = plan.maxMessageSize + RECORD_ROOM;
  const data = plan.data ?? `${plan.instance}/data`;
  const values: [string, string | number | boolean][] = [
    ['name', plan.name],
    ['persistence-enabled', true],
    ['security-enabled', true],
    ['populate-validated-user', true],
    ['reject-empty-validated-user', false],
    // Keyed by the claimed name, which all peers share: cached, one peer's permission would be every peer's.
    ['authorization-cache-size', 0],
    // Without the cache each message would be a login, and so it would be for whoever does not fit into it.
    ['authentication-cache-size', 20_000],
    ['configuration-file-refresh-period', REFRESH_MS],
    ['journal-type', journal.type],
    ['journal-datasync', journal.sync],
    ['journal-min-files', journal.minFiles],
    ['journal-pool-files', journal.poolFiles],
    ['journal-file-size', largest],
    ['journal-buffer-size', largest],
    ['bindings-directory', `${data}/bindings`],
    ['journal-directory', `${data}/journal`],
    ['large-messages-directory', `${data}/large-messages`],
    ['paging-directory', `${data}/paging`],
    ['global-max-size', memory.globalMaxSize],
    ['max-disk-usage', disk.maxUsagePercent],
    ['id-cache-size', 20_000],
    ['persist-id-cache', true],
  ];
  for (const [name, value] of values) core.ele(CORE, name).txt(String(value));
  // Both brokers are called primary: who holds the store's lock is. One called backup would give it back.
  if (plan.sharedStore === true) core.ele(CORE, 'ha-policy').ele(CORE, 'shared-store').ele(CORE, 'primary');
}

function renderConnections(core: XmlBuilder, plan: BrokerPlan, active: readonly Bridge[]): void {
  const connections = core.ele(CORE, 'broker-connections');
  for (const bridge of active) {
    const connection = connections.ele(CORE, 'amqp-connection', {
      uri: bridgeUri(plan, bridge),
      name: bridge.name,
      user: SYSTEM_USERS.peer,
      password: SYSTEM_USERS.peer,
      'retry-interval': plan.base.bridge.retryIntervalMs,
      'reconnect-attempts': -1,
      'auto-start': false,
    });
    const element = connection.ele(CORE, 'bridge', { name: bridge.name });
    for (const link of bridge.links) {
      // Each name once in the file: the queue of a service goes to everybody who offers it.
      element
        .ele(CORE, 'bridge-to-queue', { name: `${bridge.name}.${link.queue}`, 'remote-address': link.remoteAddress })
        .ele(CORE, 'include', { 'address-match': link.queue, 'queue-match': link.queue });
    }
  }
}

/** One element a match, one permission an action: the form in which Artemis reads several roles. */
function renderSecurity(core: XmlBuilder, permissions: readonly Permission[]): void {
  const settings = core.ele(CORE, 'security-settings');
  const matches = new Map<string, Map<string, string[]>>();
  for (const { match, role, actions, place } of permissions) {
    if (place !== 'static') continue;
    const byAction = matches.get(match) ?? new Map<string, string[]>();
    matches.set(match, byAction);
    for (const action of actions) byAction.set(action, [...(byAction.get(action) ?? []), role]);
  }
  for (const [match, byAction] of matches) {
    const setting = settings.ele(CORE, 'security-setting', { match });
    for (const [type, roles] of byAction) setting.ele(CORE, 'permission', { type, roles: roles.join(',') });
  }
}

function renderAddressSettings(core: XmlBuilder, settings: readonly AddressSetting[]): void {
  const parent = core.ele(CORE, 'address-settings');
  for (const { match, values } of settings) {
    const setting = parent.ele(CORE, 'address-setting', { match });
    for (const [name, value] of Object.entries(values)) setting.ele(CORE, name).txt(String(value));
  }
}

function renderAddresses(core: XmlBuilder, plan: BrokerPlan): void {
  const parent = core.ele(CORE, 'addresses');
  for (const address of plan.staticAddresses) {
    const routing = parent.ele(CORE, 'address', { name: address.name }).ele(CORE, address.routing.toLowerCase());
    for (const queue of plan.staticQueues) {
      if (queue.address !== address.name) continue;
      const element = routing.ele(CORE, 'queue', { name: queue.name });
      if (queue.filter !== undefined) element.ele(CORE, 'filter', { string: queue.filter });
    }
  }
}
