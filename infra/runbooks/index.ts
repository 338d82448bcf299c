import type { Runbook } from '../runbook/runbook.ts'
import { biggerDatabase } from './bigger-database.ts'
import { databaseFailover } from './database-failover.ts'
import { deployEdge } from './deploy-edge.ts'
import { deployOrigin } from './deploy-origin.ts'
import { drainInstance } from './drain-instance.ts'
import { emergencyShed } from './emergency-shed.ts'
import { inspectInstance } from './inspect-instance.ts'
import { leaveZone, returnToZone } from './leave-zone.ts'
import { purgeAnswers } from './purge-answers.ts'
import { rebootReader } from './reboot-reader.ts'
import { refreshOrigins } from './refresh-origins.ts'
import { replaceCertificate } from './replace-certificate.ts'
import { replaceTunnelToken } from './replace-tunnel-token.ts'
import { restartAgents } from './restart-agents.ts'
import { restartTunnel } from './restart-tunnel.ts'
import { restore } from './restore.ts'
import { revoke } from './revoke.ts'
import { rollBackEdge } from './roll-back-edge.ts'
import { rollBackOrigin } from './roll-back-origin.ts'
import { rotateDatabasePassword } from './rotate-database-password.ts'
import { rotateEdgeKeys } from './rotate-edge-keys.ts'
import { rotateOriginKeys } from './rotate-origin-keys.ts'
import { runawayCost } from './runaway-cost.ts'
import { scaleBack } from './scale-back.ts'
import { scaleOut } from './scale-out.ts'

/** All runbooks, those of an incident first. */
export const runbooks: readonly Runbook[] = [
  ...[emergencyShed, scaleOut, scaleBack, rollBackEdge, rollBackOrigin, revoke],
  ...[purgeAnswers, runawayCost, restartAgents],
  ...[databaseFailover, rebootReader, biggerDatabase, refreshOrigins, inspectInstance, drainInstance],
  ...[restartTunnel, replaceTunnelToken, leaveZone, returnToZone, restore],
  ...[rotateEdgeKeys, rotateOriginKeys, rotateDatabasePassword, replaceCertificate, deployOrigin, deployEdge],
]
