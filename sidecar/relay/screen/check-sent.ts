import type { Outgoing, RelayMessage } from '../relay-message';
import { idFault, readMessage } from './check-received';
import { creditorFields, creditorsIn, hexOf } from './creditor-ids';
import { withNumbers, type Fields } from './message-body';
import type { SwaptacularNode, SwaptacularPeer } from '../../network/swaptacular-node';
import { relationOf, type Relation } from './relation';

/**
 * A message that an application has put into the queue to a peer: nothing leaves that any peer would refuse, and each ID
 * as the peer knows it. The very same message where there is nothing to translate. Of contents that are not JSON nothing is
 * known; what its frame may hold, and which contents the peer takes, is not asked here.
 */
export function checkSent(message: RelayMessage, by: Relation): Outgoing {
  const { type, contentType, body } = message;
  // What has no type the frame refuses, and other types of contents where the peer takes none.
  if (type === undefined || contentType === undefined) return { message };
  const { ownCreditors } = by;
  const moves = ownCreditors !== undefined && ownCreditors !== by.creditors;
  if (contentType !== 'application/json')
    return moves
      ? { refused: `Unsupported content type: ${contentType}. The IDs in it must be translated.` }
      : { message };
  const fields = readMessage(type, body, !by.isAuthority);
  if (typeof fields === 'string') return { refused: fields };
  const foreign = ownCreditors === undefined ? undefined : foreignId(type, fields, ownCreditors);
  if (foreign !== undefined) return { refused: foreign };
  const moved = moves ? creditorsIn(by.creditors, type, fields) : {};
  const fault = idFault({ ...fields, ...moved }, by);
  if (fault !== undefined) return { refused: fault };
  const sent = withNumbers(body, moved);
  return { message: sent === body ? message : { ...message, body: sent } };
}

/** The same between these two; nothing goes before IDs are allotted. */
export function toPeer(message: RelayMessage, own: SwaptacularNode | undefined, peer: SwaptacularPeer): Outgoing {
  const relation = own === undefined ? undefined : relationOf(own, peer);
  return relation === undefined
    ? { refused: 'No IDs are allotted between this node and the peer.' }
    : checkSent(message, relation);
}

/** Whose ID is not that of one of our own creditors; undefined where all are. */
function foreignId(type: string, fields: Fields, own: string): string | undefined {
  const foreign = creditorFields(type, fields).find((name) => !hexOf(fields[name]).startsWith(own));
  if (foreign === undefined) return undefined;
  return `Invalid ${foreign === 'creditor_id' ? 'creditor' : 'coordinator'} ID: 0x${hexOf(fields[foreign])}.`;
}
