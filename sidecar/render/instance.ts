import type { Bridge, BrokerPlan } from '../plan/broker-plan';
import { renderBrokerXml } from './broker-xml';
import { renderLogin } from './login';
import { renderPermissions } from './permissions';
import type { RenderedFile } from './rendered-file';
import { renderStores, type StoreContents } from './stores';

export const BROKER_XML = 'etc/broker.xml';
export const BROKER_PROPERTIES = 'etc/broker.properties';

/**
 * Every file of the broker's instance folder that follows from the plan, in the order in which it must be written:
 * stores before what names them, login before permission, permission before connection.
 */
export function renderInstance(plan: BrokerPlan, stores: StoreContents, active: readonly Bridge[]): RenderedFile[] {
  return [
    ...renderStores(stores, active),
    { path: 'etc/bootstrap.xml', content: bootstrap(plan), effect: 'restart', secret: false },
    { path: 'etc/management.xml', content: MANAGEMENT, effect: 'restart', secret: false },
    ...renderLogin(plan.loginDomains),
    { path: BROKER_PROPERTIES, content: renderPermissions(plan.permissions), effect: 'reload', secret: false },
    { path: BROKER_XML, content: renderBrokerXml(plan, active), effect: 'reload', secret: false },
  ];
}

const MANAGEMENT = `<?xml version="1.0" encoding="UTF-8"?>
<management-context xmlns="http://activemq.apache.org/schema"/>
`;

/** No web element: the broker has no console and opens no port but its acceptors. */
function bootstrap(plan: BrokerPlan): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<broker xmlns="http://activemq.apache.org/schema">
   <jaas-security domain="node"/>
   <server configuration="file:${plan.instance}/${BROKER_XML}"/>
</broker>
`;
}
