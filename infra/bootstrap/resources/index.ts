import { promisesUsers, type StageConfig } from '../../src/config.ts'
import type { Resource } from '../resource.ts'
import { analyticsToken } from './analytics-token.ts'
import { backupOptIn, copiesVault } from './backup-copies.ts'
import { cdkToolkit } from './cdk-toolkit.ts'
import { certificate, certificateParameter, validation } from './certificate.ts'
import { controlBindingId, controlNamespace } from './control-namespace.ts'
import { databaseUser } from './database-user.ts'
import { deployRole, githubProvider } from './deploy-role.ts'
import { edgeKeys, publicKeys } from './edge-keys.ts'
import { requestsBill, tunnelHealth } from './notification.ts'
import { parameter } from './parameter.ts'
import { dataStacks } from './stacks.ts'
import { ingress, tunnel, tunnelRecord, tunnelToken } from './tunnel.ts'
import { worker } from './worker.ts'
import { floodRule, onlyTheWorker } from './zone-rule.ts'

/** All that a stage needs around its stacks, in the order in which it can be made. */
export function resourcesOf({ stage, tunnel: { tunnels }, database }: StageConfig): readonly Resource[] {
  const each = (make: (number: number) => Resource) =>
    Array.from({ length: tunnels }, (_, index) => make(index + 1))
  return [
    ...[cdkToolkit, githubProvider, deployRole, copiesVault, backupOptIn('home'), backupOptIn('copies')],
    ...[certificate, ...each(validation), certificateParameter],
    parameter(
      (stage) => `/spillway/${stage}/alert-email`,
      ({ team }) => team.alertEmail,
    ),
    parameter(
      (stage) => `/spillway/${stage}/cloudflared`,
      ({ team }) => team.cloudflared,
    ),
    ...[dataStacks, edgeKeys, publicKeys],
    // Users of a MongoDB are its operator's.
    ...(database.kind === 'documentdb' ? [databaseUser] : []),
    ...[controlNamespace, controlBindingId, floodRule],
    // The name of a tunnel answers anybody as soon as it exists.
    ...[...each(tunnel), onlyTheWorker, ...each(tunnelRecord), tunnelHealth, requestsBill],
    // From here on there must be an origin.
    ...[...each(ingress), ...each(tunnelToken), ...(promisesUsers(stage) ? [analyticsToken] : []), worker],
  ]
}
