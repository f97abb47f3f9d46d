import { escapePropertiesKey, escapePropertiesValue } from '../lib/properties';
import type { LoginDomain } from '../plan/broker-plan';
import type { RenderedFile } from './rendered-file';

const MODULES = 'org.apache.activemq.artemis.spi.core.security.jaas';

/** login.config and the files that it names. With certificates both modules are required: certificate and name. */
export function renderLogin(domains: readonly LoginDomain[]): RenderedFile[] {
  const config = domains.map((domain) => `${domain.name} {\n${modules(domain).join('')}};\n`).join('\n');
  return [
    { path: 'etc/login.config', content: config, effect: 'restart', secret: false },
    ...domains.flatMap((domain) => domainFiles(domain)),
  ];
}

function modules(domain: LoginDomain): string[] {
  const certificates = `   ${MODULES}.TextFileCertificateLoginModule required reload=true
      org.apache.activemq.jaas.textfiledn.user="${domain.name}-certificates.properties"
      org.apache.activemq.jaas.textfiledn.role="${domain.name}-certificate-roles.properties";
`;
  const passwords = `   ${MODULES}.PropertiesLoginModule required reload=true
      org.apache.activemq.jaas.properties.user="${domain.name}-users.properties"
      org.apache.activemq.jaas.properties.role="${domain.name}-user-roles.properties";
`;
  if (domain.certificates === undefined) return [passwords];
  return domain.certificateIsEnough === true ? [certificates] : [certificates, passwords];
}

function domainFiles(domain: LoginDomain): RenderedFile[] {
  const file = (name: string, pairs: readonly (readonly [string, string])[]): RenderedFile => ({
    path: `etc/${domain.name}-${name}.properties`,
    content: pairs.map(([key, value]) => `${escapePropertiesKey(key)}=${escapePropertiesValue(value)}\n`).join(''),
    effect: 'login',
    secret: true,
  });
  const certificates = domain.certificates ?? [];
  return [
    ...(domain.certificates === undefined
      ? []
      : [
          file(
            'certificates',
            certificates.map(({ user, subject }) => [user, subject] as const),
          ),
          file(
            'certificate-roles',
            certificates.map(({ user, role }) => [role, user] as const),
          ),
        ]),
    file(
      'users',
      domain.passwords.map(({ user, password }) => [user, password] as const),
    ),
    file(
      'user-roles',
      domain.passwords.flatMap(({ user, role }) => (role === undefined ? [] : [[role, user] as const])),
    ),
  ];
}
