import { NetmapError } from '../lib/errors';

/** The map names nobody so. */
export class AddressBookError extends NetmapError<'PEER_UNKNOWN'> {}
