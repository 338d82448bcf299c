import { opsPaths, ports } from '@spillway/origin/contract'
import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2'
import {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerCertificate,
  Protocol,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { accept } from '../nag.ts'
import { type AccessPath, balancerPort } from './access-path.ts'

/** Time for which the balancer lets in-flight requests finish on a deregistering target, in seconds. */
export const deregistrationSeconds = 15

export interface OriginEntranceProps {
  readonly vpc: IVpc
  readonly access: AccessPath
  readonly config: StageConfig
  readonly removalPolicy: RemovalPolicy
}

/** The internal load balancer: the only way to an origin. It admits only the tunnel's connectors. */
export class OriginEntrance extends Construct {
  readonly balancer: ApplicationLoadBalancer
  readonly targets: ApplicationTargetGroup
  readonly certificateArn: string

  constructor(scope: Construct, id: string, props: OriginEntranceProps) {
    super(scope, id)
    const { vpc, access, config } = props
    this.balancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      internetFacing: false,
      securityGroup: access.balancer,
      deletionProtection: config.database.protected,
      dropInvalidHeaderFields: true,
      // The sender must close idle connections first; otherwise a request may use a connection that is being closed.
      // Connectors close after 50 s (set in runbooks/first-deploy.md), the balancer after 60 s, the origin later.
      idleTimeout: Duration.seconds(60),
    })
    // Off by default: docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-zonal-shift.html
    this.balancer.setAttribute('zonal_shift.config.enabled', 'true')
    this.keepAccessLogs(props)
    this.targets = new ApplicationTargetGroup(this, 'Targets', {
      vpc,
      targetType: TargetType.INSTANCE,
      port: ports.origin,
      // The balancer does not verify targets' certificates: each instance signs its own (origin/decisions/0002).
      protocol: ApplicationProtocol.HTTPS,
      deregistrationDelay: Duration.seconds(deregistrationSeconds),
      // A new process has cold caches, pools and code, so its share of requests ramps up over 30 s. AWS offers slow
      // start only with round robin.
      slowStart: Duration.seconds(30),
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.ROUND_ROBIN,
      healthCheck: {
        path: opsPaths.ready,
        protocol: Protocol.HTTPS,
        interval: Duration.seconds(5),
        timeout: Duration.seconds(2),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
        healthyHttpCodes: '200',
      },
    })
    this.certificateArn = StringParameter.valueForStringParameter(
      this,
      `/spillway/${config.stage}/origin-certificate-arn`,
    )
    new ApplicationListener(this, 'Listener', {
      loadBalancer: this.balancer,
      port: balancerPort,
      protocol: ApplicationProtocol.HTTPS,
      open: false,
      sslPolicy: SslPolicy.TLS13_13,
      certificates: [ListenerCertificate.fromArn(this.certificateArn)],
      defaultTargetGroups: [this.targets],
    })
  }

  /** Configured by hand, because the construct's own method needs the region at synthesis. */
  private keepAccessLogs({ config, removalPolicy }: OriginEntranceProps): void {
    const bucket = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy,
      lifecycleRules: [{ expiration: Duration.days(30) }],
    })
    accept(bucket, 'AwsSolutions-S1', 'The bucket holds access logs; logging access to them has no end.')
    const { account } = Stack.of(this)
    bucket.grantPut(
      new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com'),
      `*/AWSLogs/${account}/*`,
    )
    this.balancer.setAttribute('access_logs.s3.enabled', 'true')
    this.balancer.setAttribute('access_logs.s3.bucket', bucket.bucketName)
    this.balancer.setAttribute('access_logs.s3.prefix', config.stage)
    const policy = bucket.policy
    if (policy !== undefined) this.balancer.node.addDependency(policy)
  }
}

/** Dimensions of the metrics of balancer, targets and certificate. */
export const entranceDimensions = ({ balancer, targets, certificateArn }: OriginEntrance) => ({
  balancer: { LoadBalancer: balancer.loadBalancerFullName },
  targets: {
    TargetGroup: targets.targetGroupFullName,
    LoadBalancer: targets.firstLoadBalancerFullName,
  },
  certificate: { CertificateArn: certificateArn },
})
