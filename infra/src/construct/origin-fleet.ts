import { Duration, Stack } from 'aws-cdk-lib'
import {
  AutoScalingGroup,
  GroupMetrics,
  HealthChecks,
  InstanceRefreshStrategy,
  PoolState,
  Signals,
  UpdatePolicy,
} from 'aws-cdk-lib/aws-autoscaling'
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import {
  InstanceType,
  type IVpc,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  SubnetType,
  UserData,
} from 'aws-cdk-lib/aws-ec2'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { preparedCapacity, type StageConfig } from '../config.ts'
import { readInstanceFile, unitDirective, userData } from '../instance-files.ts'
import type { KeyHolder } from '../key-names.ts'
import { accept } from '../nag.ts'
import { drainFitsHook } from '../rules/drain-fits-hook.ts'
import type { AccessPath } from './access-path.ts'
import { cfnGroup } from './cfn-group.ts'
import { terminateHookSeconds, waitForInstances } from './group-hooks.ts'
import { encryptedRoot, leavesSickZones, patchedImage } from './instance-defaults.ts'
import type { OriginDatabase } from './origin-database.ts'
import { deregistrationSeconds } from './origin-entrance.ts'
import { originRole } from './origin-role.ts'
import { originSettings } from './origin-settings.ts'

export interface OriginFleetProps {
  readonly vpc: IVpc
  readonly access: AccessPath
  readonly config: StageConfig
  readonly store: OriginDatabase
  readonly keys: Readonly<Record<KeyHolder, Secret>>
  /** Name of the release to run. */
  readonly release: string
  /** A deployment that triggers one of these alarms is rolled back. */
  readonly rollbackAlarms: readonly IAlarm[]
}

/** The origin's instances: how they boot, report readiness, drain and are replaced. */
export class OriginFleet extends Construct {
  readonly group: AutoScalingGroup
  readonly groupName: string

  constructor(scope: Construct, id: string, props: OriginFleetProps) {
    super(scope, id)
    const { vpc, access, config, store, keys, release, rollbackAlarms } = props
    const { fleet, origin, stage } = config
    this.groupName = `spillway-origin-${stage}`
    const { groupName } = this
    const groupResource = (): string => Stack.of(this).getLogicalId(cfnGroup(this.group))
    const settings = { config, store, keys, groupName, release, groupResource }
    this.group = new AutoScalingGroup(this, 'Group', {
      autoScalingGroupName: groupName,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      minCapacity: fleet.min,
      maxCapacity: fleet.max,
      launchTemplate: new LaunchTemplate(this, 'Template', {
        machineImage: patchedImage(),
        instanceType: new InstanceType(origin.instanceType),
        securityGroup: access.origin,
        role: originRole(this, settings),
        httpTokens: LaunchTemplateHttpTokens.REQUIRED,
        httpPutResponseHopLimit: 1,
        detailedMonitoring: true,
        blockDevices: [encryptedRoot(16)],
        userData: UserData.custom(userData('user-data.sh', originSettings(settings), ['fetch-release.sh'])),
      }),
      // Not the balancer's check, which asks for readiness: a database failover makes every instance unready at once.
      // Each instance reports its own failed liveness (`lifecycle.sh`).
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(2) }),
      // A first deployment fails if its origins do not become ready: otherwise it would succeed with none in service.
      signals: Signals.waitForCount(fleet.min, { timeout: Duration.minutes(20) }),
      defaultInstanceWarmup: Duration.seconds(60),
      groupMetrics: [GroupMetrics.all()],
      updatePolicy: UpdatePolicy.instanceRefresh({
        strategy: InstanceRefreshStrategy.ROLLING,
        // Launches before it terminates, a third at a time: capacity never drops, and the connection budget covers both
        // generations.
        minHealthyPercentage: 100,
        maxHealthyPercentage: 134,
        instanceWarmup: Duration.seconds(60),
        // A third serves beside the former release for a while, in which the alarms compare the two.
        checkpointPercentages: [34, 100],
        checkpointDelay: Duration.minutes(5),
        bakeTime: Duration.minutes(5),
        alarms: [...rollbackAlarms],
      }),
    })
    if (fleet.warm > 0) {
      // Instances that booted, were ready once and are stopped: in service within seconds instead of a minute or more.
      // They count towards the maximum, since an instance that warms up opens its pools like any other. A minimum size of
      // the pool would be kept beyond that, also when the group is at its maximum.
      this.group.addWarmPool({
        poolState: PoolState.STOPPED,
        maxGroupPreparedCapacity: preparedCapacity(fleet),
      })
    }
    waitForInstances(this.group)
    leavesSickZones(this.group)
    this.node.addValidation(
      drainFitsHook(stage, {
        drain: origin.drainTimeoutMs / 1_000,
        unitStop: Number(unitDirective('spillway-origin.service', 'TimeoutStopSec')),
        poll: pollSeconds(),
        leave: deregistrationSeconds,
        hook: terminateHookSeconds,
      }),
    )
    accept(
      this.group,
      'AwsSolutions-AS3',
      'Alarms watch what the group does; a mail for each scaling step is noise.',
    )
  }
}

/** Poll interval of the lifecycle script, read from the script itself. */
function pollSeconds(): number {
  const match = /POLL_SECONDS:-(\d+)/.exec(readInstanceFile('lifecycle.sh'))
  if (match === null) throw new Error('lifecycle.sh does not say how often it polls')
  return Number(match[1])
}
