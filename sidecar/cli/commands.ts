import { apply } from './apply';
import { backup, restore } from './backup';
import { brokerObtain } from './broker-obtain';
import { caBundle } from './ca-bundle';
import { caDeactivatePeer, caReconfigurePeer } from './ca-change-peer';
import { caInit } from './ca-init';
import { caList } from './ca-list';
import { caRegisterPeer, caSignPeer } from './ca-peers';
import { caServerCert } from './ca-server-cert';
import { certificatesRenew } from './certificates-renew';
import { certificatesRollover } from './certificates-rollover';
import { certificatesStatusCommand } from './certificates-status';
import type { CliCommand } from './command';
import { completion } from './completion';
import { configCheck } from './config-check';
import { deadLettersList, deadLettersShow } from './dead-letters-look';
import { deadLettersDrop, deadLettersReplay } from './dead-letters-settle';
import { demo } from './demo';
import { devNetwork } from './dev-network';
import { devNetworkAdd } from './dev-network-add';
import { doctor } from './doctor';
import { mapAccept } from './map-accept';
import { mapBackup, mapRestore } from './map-backup';
import { mapBan, mapNodes, mapRemove, mapUnban } from './map-operate';
import { mapServe } from './map-serve';
import { mapShow } from './map-show';
import { mapSign } from './map-sign';
import { nodeInfoPublish, nodeInfoShow, nodeInfoVerify } from './node-info';
import { parametersAccept, parametersShow } from './parameters';
import { pause, resume } from './pause';
import { plan } from './plan';
import { probe } from './probe';
import { receive } from './receive';
import { run } from './run';
import { send } from './send';
import { simulate } from './simulate';
import { status } from './status';
import { tail } from './tail';
import { userAdd, userList, userPasswd, userRemove } from './user';

/** Every command, in the order of the help page. */
export const commands: readonly CliCommand[] = [
  demo,
  run,
  status,
  doctor,
  plan,
  apply,
  probe,
  send,
  receive,
  tail,
  simulate,
  deadLettersList,
  deadLettersShow,
  deadLettersReplay,
  deadLettersDrop,
  pause,
  resume,
  backup,
  restore,
  userAdd,
  userRemove,
  userPasswd,
  userList,
  mapShow,
  mapAccept,
  parametersShow,
  parametersAccept,
  nodeInfoShow,
  nodeInfoPublish,
  nodeInfoVerify,
  mapServe,
  mapNodes,
  mapRemove,
  mapBan,
  mapUnban,
  mapSign,
  mapBackup,
  mapRestore,
  certificatesStatusCommand,
  certificatesRenew,
  certificatesRollover,
  caInit,
  caServerCert,
  caBundle,
  caSignPeer,
  caRegisterPeer,
  caReconfigurePeer,
  caDeactivatePeer,
  caList,
  configCheck,
  brokerObtain,
  completion,
  devNetwork,
  devNetworkAdd,
];

/** What the first words of two-word commands stand for. */
export const groups: Readonly<Record<string, string>> = {
  broker: 'the broker itself',
  ca: "a Swaptacular node's certificate authority and its peers",
  certificates: 'certificates: their dates, renewal, and another root',
  config: 'the configuration file',
  'dead-letters': 'messages that could not be delivered',
  map: 'network maps',
  'node-info': 'NodeInfos: what nodes say of themselves',
  parameters: 'network parameters: the rules of the network',
  user: 'RPC users and their passwords',
};
