import fc from 'fast-check';
import { X500Name } from '../../sidecar/certificates/x500-name';
import type { Identity, IdentityRole } from '../../sidecar/network/identity';
import type { Peer } from '../../sidecar/network/peer';

const id = fc.stringMatching(/^DL[1-9A-HJ-NP-Za-km-z]{8,12}$/);
/** Organisations with everything that an encoding may stumble over. */
const organisation = fc.stringMatching(/^[\p{L}0-9 ,+"\\<>;=#:!'&.\/-]{1,24}$/u).filter((text) => text.trim() !== '');
const host = fc.constantFrom('a.example', 'b.example', '192.0.2.1', '2001:db8::1');
const address = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) });

interface Parts {
  readonly id: string;
  readonly organisation: string;
}

function identityOf(parts: Parts, role: IdentityRole): Identity {
  const name = X500Name.of([
    { type: 'CN', value: parts.id },
    { type: 'O', value: parts.organisation },
    { type: 'L', value: 'Rome' },
    { type: 'C', value: 'IT' },
  ]);
  return { id: parts.id, name, role, publicKey: Buffer.from(parts.id) };
}

const SERVICE: Parts = { id: 'DLservice', organisation: 'Notary' };

/** Nodes with distinct ids and names, some with two identities, several addresses or a service that others share. */
export function arbitraryNodes(least: number, most: number): fc.Arbitrary<readonly Peer[]> {
  const node = fc.record({
    id,
    organisation,
    second: fc.option(id, { nil: undefined }),
    service: fc.boolean(),
    addresses: fc
      .tuple(address)
      .chain(([first]) => fc.array(address, { maxLength: 2 }).map((more) => [first, ...more] as const)),
  });
  return fc
    .uniqueArray(node, { minLength: least, maxLength: most, selector: (one) => one.id })
    .filter((nodes) => new Set(nodes.flatMap((one) => [one.id, one.second ?? `${one.id}-`])).size === nodes.length * 2)
    .map((nodes) =>
      nodes.map((one): Peer => {
        const { second } = one;
        return {
          identities: [
            identityOf(one, 'legal'),
            ...(second === undefined ? [] : [identityOf({ id: second, organisation: 'Second' }, 'legal')]),
          ],
          services: one.service ? [identityOf(SERVICE, 'service')] : [],
          addresses: one.addresses,
          nodeCa: `node CA of ${one.id}`,
          platformVersion: 12,
          serial: 1n,
        };
      }),
    );
}
