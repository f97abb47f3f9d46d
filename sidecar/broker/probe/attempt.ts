import { AmqpProbe } from './amqp-probe';
import { attemptCore } from './core-probe';
import { HARMLESS_OPERATION, MANAGEMENT_ADDRESS, type Entrance, type ProbeAction } from './entrance';
import { refusalOf, type Outcome } from './outcome';
import { StompProbe } from './stomp-probe';

/** Something that a client may try at a broker. */
export interface Access {
  readonly entrance: Entrance;
  readonly action: ProbeAction;
  /** An address, or `address::queue`. */
  readonly address: string;
}

/**
 * Tries an access as far as it takes to know whether it is granted: no message is left, none is taken. CORE is tried as
 * far as its greeting. Throws AccessError where the broker says neither yes nor no, or is not the one expected.
 */
export async function attempt({ entrance, action, address }: Access): Promise<Outcome> {
  if (entrance.protocol === 'CORE') return attemptCore(entrance);
  if (entrance.protocol === 'STOMP') {
    const probe = new StompProbe(entrance);
    try {
      return await probe.attempt(action, address);
    } finally {
      probe.close();
    }
  }
  return attemptAmqp(entrance, action, address);
}

async function attemptAmqp(entrance: Entrance, action: ProbeAction, address: string): Promise<Outcome> {
  let probe: AmqpProbe;
  try {
    probe = await AmqpProbe.open(entrance);
  } catch (error) {
    return refusalOf(error);
  }
  try {
    switch (action) {
      case 'send':
        return await probe.attachSender(address);
      case 'consume':
        return await probe.attachReceiver(address);
      case 'create-queue':
        // The broker chooses the address: AMQP has no other way to ask for a queue of one's own.
        return await probe.attachReceiver({ dynamic: true } as never);
      case 'manage':
        return await probe.send(MANAGEMENT_ADDRESS, { application_properties: { ...HARMLESS_OPERATION }, body: '[]' });
    }
  } finally {
    await probe.close();
  }
}
