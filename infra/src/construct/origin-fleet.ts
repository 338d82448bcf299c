import { opsPaths, originEnv, ports } from '@spillway/origin/contract'
import { Aws, CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  AutoScalingGroup,
  DefaultResult,
  GroupMetrics,
  HealthChecks,
  InstanceRefreshStrategy,
  LifecycleTransition,
  PoolState,
  UpdatePolicy,
} from 'aws-cdk-lib/aws-autoscaling'
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import {
  AmazonLinuxCpuType,
  InstanceType,
  type IVpc,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  MachineImage,
  SubnetType,
  UserData,
} from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { readInstanceFile, unitDirective, userData } from '../instance-files.ts'
import { accept, acceptWildcard } from '../nag.ts'
import { drainFitsHook } from '../rules/drain-fits-hook.ts'
import type { AccessPath } from './access-path.ts'
import type { DocumentStore } from './document-store.ts'
import { groupArn } from './group-arn.ts'
import { encryptedRoot, instanceRole } from './instance-defaults.ts'
import { releasesBucketName } from './release-store.ts'

const launchHook = 'spillway-ready'
const terminateHook = 'spillway-drained'
/** How long the group waits for "drained" before it takes the instance away, in seconds. */
export const terminateHookSeconds = 90

export interface OriginFleetProps {
  readonly vpc: IVpc
  readonly access: AccessPath
  readonly config: StageConfig
  readonly store: DocumentStore
  /** A deployment that sets one of these off is rolled back. */
  readonly rollbackAlarms: readonly IAlarm[]
}

/** The origin's instances: how one boots, says that it is ready, drains, and is replaced. */
export class OriginFleet extends Construct {
  readonly group: AutoScalingGroup
  readonly groupName: string

  constructor(scope: Construct, id: string, props: OriginFleetProps) {
    super(scope, id)
    const { vpc, access, config, rollbackAlarms } = props
    const { fleet, origin, stage } = config
    this.groupName = `spillway-origin-${stage}`
    const role = this.role(props)
    this.group = new AutoScalingGroup(this, 'Group', {
      autoScalingGroupName: this.groupName,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      minCapacity: fleet.min,
      maxCapacity: fleet.max,
      launchTemplate: new LaunchTemplate(this, 'Template', {
        machineImage: MachineImage.latestAmazonLinux2023({ cpuType: AmazonLinuxCpuType.ARM_64 }),
        instanceType: new InstanceType(origin.instanceType),
        securityGroup: access.origin,
        role,
        httpTokens: LaunchTemplateHttpTokens.REQUIRED,
        httpPutResponseHopLimit: 1,
        detailedMonitoring: true,
        blockDevices: [encryptedRoot(16)],
        userData: UserData.custom(userData('user-data.sh', this.settings(props))),
      }),
      // Not the balancer's check: it asks for readiness, which a failover of the database takes from every instance at
      // once. The instance itself reports when it is no longer alive (`lifecycle.sh`).
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(2) }),
      defaultInstanceWarmup: Duration.seconds(60),
      groupMetrics: [GroupMetrics.all()],
      updatePolicy: UpdatePolicy.instanceRefresh({
        strategy: InstanceRefreshStrategy.ROLLING,
        // New before old, a third at a time: capacity never dips, and the budget holds both generations.
        minHealthyPercentage: 100,
        maxHealthyPercentage: 134,
        instanceWarmup: Duration.seconds(60),
        bakeTime: Duration.minutes(5),
        alarms: [...rollbackAlarms],
      }),
    })
    if (fleet.warm > 0) {
      // Booted, ready once, then stopped: seconds to service instead of a minute and more. Never beyond the maximum,
      // because an instance that warms up opens its pools like any other.
      this.group.addWarmPool({
        poolState: PoolState.STOPPED,
        minSize: fleet.warm,
        maxGroupPreparedCapacity: fleet.max,
      })
    }
    this.hooks()
    this.node.addValidation(
      drainFitsHook(stage, {
        drain: origin.drainTimeoutMs / 1_000,
        unitStop: Number(unitDirective('spillway-origin.service', 'TimeoutStopSec')),
        poll: pollSeconds(),
        hook: terminateHookSeconds,
      }),
    )
    accept(
      this.group,
      'AwsSolutions-AS3',
      'Alarms watch what the group does; a mail for each scaling step is noise.',
    )
  }

  private hooks(): void {
    this.group.addLifecycleHook('Ready', {
      lifecycleHookName: launchHook,
      lifecycleTransition: LifecycleTransition.INSTANCE_LAUNCHING,
      heartbeatTimeout: Duration.minutes(5),
      // An instance that never becomes ready is given up, not put in front of users.
      defaultResult: DefaultResult.ABANDON,
    })
    this.group.addLifecycleHook('Drained', {
      lifecycleHookName: terminateHook,
      lifecycleTransition: LifecycleTransition.INSTANCE_TERMINATING,
      heartbeatTimeout: Duration.seconds(terminateHookSeconds),
      defaultResult: DefaultResult.CONTINUE,
    })
  }

  /** `/etc/spillway/instance.env`: what the origin and its units read. Nothing in it is secret. */
  private settings({ config, store }: OriginFleetProps): Record<string, string> {
    const { origin, stage } = config
    const release = new CfnParameter(Stack.of(this), 'Release', {
      description: 'Release to run: the name of its archive in the releases bucket, without .tar.gz',
      allowedPattern: '[A-Za-z0-9._-]{1,64}',
      constraintDescription: 'letters, digits, dots, hyphens and underscores',
    })
    return {
      AWS_REGION: Aws.REGION,
      STAGE: stage,
      RELEASE: release.valueAsString,
      RELEASES_BUCKET: releasesBucketName(stage),
      GROUP_NAME: this.groupName,
      LAUNCH_HOOK: launchHook,
      TERMINATE_HOOK: terminateHook,
      LIVE_URL: `http://127.0.0.1:${ports.origin}${opsPaths.live}`,
      READY_URL: `http://127.0.0.1:${ports.origin}${opsPaths.ready}`,
      DATABASE_SECRET: store.originSecret.secretArn,
      DATABASE_HOST: store.cluster.clusterEndpoint.socketAddress,
      DATABASE_CA: '/opt/spillway/current/instance/global-bundle.pem',
      EDGE_KEYS_PARAMETER: edgeKeysParameter(stage),
      NODE_ENV: 'production',
      [originEnv.host]: '0.0.0.0',
      [originEnv.port]: String(ports.origin),
      [originEnv.mongodbDatabase]: 'spillway',
      [originEnv.processes]: String(origin.processesPerInstance),
      [originEnv.poolSize]: String(origin.poolSize),
      [originEnv.connectionShare]: String(origin.processesPerInstance * origin.poolSize),
      [originEnv.drainTimeoutMs]: String(origin.drainTimeoutMs),
      [originEnv.logLevel]: origin.logLevel,
    }
  }

  private role({ config, store }: OriginFleetProps): Role {
    const role = instanceRole(this, 'Role')
    const stack = Stack.of(this)
    store.originSecret.grantRead(role)
    const archives = stack.formatArn({
      service: 's3',
      account: '',
      region: '',
      resource: releasesBucketName(config.stage),
      resourceName: 'origin/*',
    })
    role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [archives] }))
    acceptWildcard(
      role,
      archives,
      'Every release, so that any of them can be rolled back to; nothing else in the bucket.',
    )
    role.addToPolicy(
      new PolicyStatement({
        actions: ['ssm:GetParameter'],
        resources: [
          stack.formatArn({
            service: 'ssm',
            resource: 'parameter',
            resourceName: edgeKeysParameter(config.stage).slice(1),
          }),
        ],
      }),
    )
    const group = groupArn(this, this.groupName)
    role.addToPolicy(
      new PolicyStatement({
        actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'],
        resources: [group],
      }),
    )
    acceptWildcard(role, group, 'The wildcard stands for an id that AWS gives the group; its name follows.')
    for (const [name, retention] of [
      ['origin', RetentionDays.ONE_MONTH],
      ['metrics', RetentionDays.ONE_WEEK],
    ] as const) {
      const logs = new LogGroup(this, `Logs-${name}`, {
        logGroupName: `/spillway/${config.stage}/${name}`,
        retention,
        removalPolicy: RemovalPolicy.DESTROY,
      })
      logs.grantWrite(role)
    }
    role.addToPolicy(
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': 'Spillway/Host' } },
      }),
    )
    role.addToPolicy(
      new PolicyStatement({ actions: ['ec2:DescribeTags', 'logs:DescribeLogGroups'], resources: ['*'] }),
    )
    acceptWildcard(role, '*', 'These actions know no resource; the metrics are bound to one namespace.')
    return role
  }
}

/** Parameter Store name of the public keys that the origin checks the edge's assertions with. */
export const edgeKeysParameter = (stage: string): string => `/spillway/${stage}/edge-assertion-jwks`

/** How often the lifecycle script looks for the group's decision, from the script itself. */
function pollSeconds(): number {
  const match = /POLL_SECONDS:-(\d+)/.exec(readInstanceFile('lifecycle.sh'))
  if (match === null) throw new Error('lifecycle.sh does not say how often it polls')
  return Number(match[1])
}
