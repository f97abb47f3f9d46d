import { messagingContract } from './messaging-contract/contract';
import { MemoryWorld } from './messaging-contract/memory-world';

messagingContract(() => MemoryWorld.start());
