import { messagingContract } from '../interop/messaging-contract/contract';
import { BrokerWorld } from './support/messaging-world';

jest.setTimeout(120_000);

messagingContract(() => BrokerWorld.start());
