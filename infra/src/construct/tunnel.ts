import { Aws, Duration } from 'aws-cdk-lib'
import {
  AutoScalingGroup,
  type CfnAutoScalingGroup,
  GroupMetrics,
  HealthChecks,
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
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { userData } from '../instance-files.ts'
import { accept } from '../nag.ts'
import type { AccessPath } from './access-path.ts'
import { encryptedRoot, instanceRole, leavesSickZones, patchedImage } from './instance-defaults.ts'

export interface TunnelProps {
  readonly vpc: IVpc
  readonly access: AccessPath
  readonly config: StageConfig
}

/**
 * The edge's way in: `cloudflared` connectors that dial out to Cloudflare. They run on separate machines, so that an
 * origin can drain without cutting off the edge. Decision 0005 compares this with mutual TLS.
 */
export class Tunnel extends Construct {
  readonly connectors: AutoScalingGroup

  constructor(scope: Construct, id: string, { vpc, access, config }: TunnelProps) {
    super(scope, id)
    const { stage, tunnel } = config
    const token = new Secret(this, 'Token', {
      secretName: `spillway/${stage}/tunnel-token`,
      description: 'Token of the Cloudflare tunnel; put in by hand, see the deploy runbook',
    })
    accept(token, 'AwsSolutions-SMG4', 'Cloudflare issues the token; the key rotation runbook replaces it.')
    const role = instanceRole(this, 'Role')
    token.grantRead(role)

    const connectors = new AutoScalingGroup(this, 'Connectors', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      minCapacity: tunnel.connectors,
      maxCapacity: tunnel.connectors + 1,
      launchTemplate: new LaunchTemplate(this, 'Template', {
        machineImage: patchedImage(),
        instanceType: new InstanceType(tunnel.instanceType),
        securityGroup: access.connector,
        role,
        httpTokens: LaunchTemplateHttpTokens.REQUIRED,
        blockDevices: [encryptedRoot(8)],
        userData: UserData.custom(
          userData('tunnel-user-data.sh', { AWS_REGION: Aws.REGION, TUNNEL_SECRET: token.secretArn }),
        ),
      }),
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(3) }),
      // Replaces each connector, for a patched image, without a deployment; the new one starts first.
      maxInstanceLifetime: Duration.days(14),
      groupMetrics: [GroupMetrics.all()],
      updatePolicy: UpdatePolicy.rollingUpdate({
        minInstancesInService: Math.max(1, tunnel.connectors - 1),
        maxBatchSize: 1,
        pauseTime: Duration.minutes(2),
        waitOnResourceSignals: false,
      }),
    })
    accept(
      connectors,
      'AwsSolutions-AS3',
      'The group’s size never changes by itself; alarms watch its members.',
    )
    leavesSickZones(connectors)
    // The cast: the group's default child is the resource that it wraps.
    const resource = connectors.node.defaultChild as CfnAutoScalingGroup
    resource.instanceMaintenancePolicy = { minHealthyPercentage: 100, maxHealthyPercentage: 200 }
    this.connectors = connectors
  }
}
