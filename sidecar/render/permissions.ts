import { escapePropertiesKey } from '../lib/properties';
import type { Permission } from '../plan/broker-plan';

/** broker.properties: the permissions of peers and users, one line a grant, in the plan's order. */
export function renderPermissions(permissions: readonly Permission[]): string {
  const lines: string[] = [];
  for (const { match, role, actions, place } of permissions) {
    if (place !== 'peer') continue;
    for (const action of actions)
      lines.push(`${escapePropertiesKey(`securityRoles."${match}"."${role}".${action}`)}=true\n`);
  }
  return lines.join('');
}
