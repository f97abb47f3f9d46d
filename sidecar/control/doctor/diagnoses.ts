import { brokerHome } from './broker-home';
import { brokerLogin } from './broker-login';
import { brokerPort } from './broker-port';
import { brokerVersion } from './broker-version';
import { certificateChain } from './certificate-chain';
import { certificateTime } from './certificate-time';
import { clock } from './clock';
import { configFile } from './config-file';
import type { Diagnosis } from './diagnosis';
import { folders } from './folders';
import { java } from './java';
import { keyMatch } from './key-match';
import { mapService } from './map-service';
import { networkMap } from './network-map';
import { ownName } from './own-name';
import { peer } from './peer';
import { peerDeadLetters } from './peer-dead-letters';
import { peers } from './peers';
import { rpcUsers } from './rpc-users';
import { secrets } from './secrets';
import { state } from './state';

/** Each after those that it needs: what is wrong with the first is the cause of what is wrong with the others. */
export const diagnoses: readonly Diagnosis[] = [
  configFile,
  folders,
  state,
  clock,
  secrets,
  certificateChain,
  certificateTime,
  keyMatch,
  ownName,
  rpcUsers,
  java,
  brokerHome,
  brokerPort,
  brokerLogin,
  brokerVersion,
  mapService,
  networkMap,
  peers,
  peer,
  peerDeadLetters,
];
