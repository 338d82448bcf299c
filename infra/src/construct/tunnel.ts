import { Aws, Duration } from 'aws-cdk-lib'
import {
  AutoScalingGroup,
  GroupMetrics,
  HealthChecks,
  InstanceRefreshStrategy,
  UpdatePolicy,
} from 'aws-cdk-lib/aws-autoscaling'
import {
  InstanceType,
  type IVpc,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  SubnetType,
  UserData,
} from 'aws-cdk-lib/aws-ec2'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { userData } from '../instance-files.ts'
import { accept } from '../nag.ts'
import { connectorCpuTargetPercent } from '../scaling-rules.ts'
import type { AccessPath } from './access-path.ts'
import { cfnGroup } from './cfn-group.ts'
import { launchHook, terminateHook, waitForInstances } from './group-hooks.ts'
import { encryptedRoot, instanceRole, leavesSickZones, patchedImage } from './instance-defaults.ts'
import { reportsHost, reportsToGroup, writesLog } from './instance-permissions.ts'

export interface TunnelProps {
  readonly vpc: IVpc
  readonly access: AccessPath
  readonly config: StageConfig
  /** From 1. The edge knows each tunnel as an origin of its own. */
  readonly number: number
  /** Version of cloudflared and the SHA-256 of its package, with a hyphen between. */
  readonly cloudflared: string
}

/** cloudflared's metrics and its `/ready`, which is 200 while it has a connection to Cloudflare. */
const metricsAddress = '127.0.0.1:20241'
/** Polls without a connection before a connector is replaced: five minutes, in which cloudflared keeps trying. */
const silencesMax = 150

/**
 * One of the edge's ways in: `cloudflared` connectors that dial out to Cloudflare. They run on separate machines, so that
 * an origin can drain without cutting off the edge. Decision 0005 compares this with mutual TLS.
 */
export class Tunnel extends Construct {
  readonly number: number
  readonly connectors: AutoScalingGroup

  constructor(scope: Construct, id: string, props: TunnelProps) {
    super(scope, id)
    const { vpc, access, config, number, cloudflared } = props
    this.number = number
    const { stage, tunnel } = config
    const { min, max } = tunnel.connectors
    const groupName = `spillway-tunnel-${stage}-${number}`
    const token = new Secret(this, 'Token', {
      secretName: `spillway/${stage}/tunnel-token-${number}`,
      description: 'Token of a Cloudflare tunnel; put in by the runbook replace-tunnel-token',
    })
    accept(
      token,
      'AwsSolutions-SMG4',
      'Cloudflare issues the token; the runbook replace-tunnel-token replaces it.',
    )
    const role = instanceRole(this, 'Role')
    token.grantRead(role)
    reportsToGroup(this, role, groupName)
    reportsHost(role)
    writesLog(this, role, { stage, name: `tunnel-${number}`, retention: RetentionDays.ONE_WEEK })

    const connectors = new AutoScalingGroup(this, 'Connectors', {
      autoScalingGroupName: groupName,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      minCapacity: min,
      maxCapacity: max,
      launchTemplate: new LaunchTemplate(this, 'Template', {
        machineImage: patchedImage(),
        instanceType: new InstanceType(tunnel.instanceType),
        securityGroup: access.connector,
        role,
        httpTokens: LaunchTemplateHttpTokens.REQUIRED,
        detailedMonitoring: true,
        blockDevices: [encryptedRoot(8)],
        userData: UserData.custom(
          userData(
            'tunnel/user-data.sh',
            {
              AWS_REGION: Aws.REGION,
              STAGE: stage,
              TUNNEL: String(number),
              TUNNEL_SECRET: token.secretArn,
              CLOUDFLARED: cloudflared,
              METRICS_ADDRESS: metricsAddress,
              SERVICE: 'spillway-tunnel.service',
              GROUP_NAME: groupName,
              LAUNCH_HOOK: launchHook,
              TERMINATE_HOOK: terminateHook,
              LEAVE_SECONDS: '0',
              READY_URL: `http://${metricsAddress}/ready`,
              LIVE_URL: `http://${metricsAddress}/ready`,
              SILENCES_MAX: String(silencesMax),
            },
            connectorFiles,
          ),
        ),
      }),
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(3) }),
      defaultInstanceWarmup: Duration.seconds(60),
      // Replaces each connector, for a patched image, without a deployment; the new one starts first.
      maxInstanceLifetime: Duration.days(14),
      groupMetrics: [GroupMetrics.all()],
      // Ends an old connector only when a new one is connected: the launch hook waits for it.
      updatePolicy: UpdatePolicy.instanceRefresh({
        strategy: InstanceRefreshStrategy.ROLLING,
        minHealthyPercentage: 100,
        maxHealthyPercentage: 200,
        instanceWarmup: Duration.seconds(60),
      }),
    })
    accept(
      connectors,
      'AwsSolutions-AS3',
      'Alarms watch what the group does; a mail for each scaling step is noise.',
    )
    waitForInstances(connectors)
    leavesSickZones(connectors)
    // A connector's work is packets and TLS: its processor is what fills up first (decision 0005).
    connectors.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: connectorCpuTargetPercent })
    cfnGroup(connectors).instanceMaintenancePolicy = { minHealthyPercentage: 100, maxHealthyPercentage: 200 }
    this.connectors = connectors
  }
}

/** Files that a connector needs: it downloads no release. */
export const connectorFiles = [
  'lifecycle.sh',
  'spillway-lifecycle.service',
  'tunnel/token.sh',
  'tunnel/spillway-tunnel.service',
  'tunnel/cloudwatch-agent.json',
  'tunnel/prometheus.yaml',
]
