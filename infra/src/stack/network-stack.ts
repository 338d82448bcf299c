import { Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { AccessPath } from '../construct/access-path.ts'

/** The network and who may talk to whom in it; changes almost never. */
export class NetworkStack extends Stack {
  readonly vpc: IVpc
  readonly access: AccessPath

  constructor(scope: Construct, id: string, props: StackProps & { readonly config: StageConfig }) {
    super(scope, id, props)
    const { network, stage } = props.config
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(network.cidr),
      maxAzs: 3,
      natGateways: network.natGateways,
      // It would take a function of ours in every account; nothing is put into the default group.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'nat', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'origin', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      // Releases and packages come from S3: through the gateway they cost nothing and miss the NAT.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    })
    vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogGroup', {
          logGroupName: `/spillway/${stage}/network`,
          retention: RetentionDays.TWO_WEEKS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    })
    // The library's classes leave optional members undefined where its interfaces say absent.
    this.vpc = vpc as IVpc
    this.access = new AccessPath(this, 'Access', { vpc: this.vpc })
  }

  /** Three zones without knowing the account: the first three that the region lists. */
  override get availabilityZones(): string[] {
    return [0, 1, 2].map((index) => Fn.select(index, Fn.getAzs()))
  }
}
