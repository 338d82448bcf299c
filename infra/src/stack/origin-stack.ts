import type { Slo } from '@spillway/origin/contract'
import { CfnOutput, CfnParameter, Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import type { Construct } from 'constructs'
import { promisesUsers, type StageConfig } from '../config.ts'
import { Alarms } from '../construct/alarms.ts'
import { BurnAlarms } from '../construct/burn-alarms.ts'
import { CostGuard } from '../construct/cost-guard.ts'
import { Dashboard } from '../construct/dashboard.ts'
import { EdgeAlarms } from '../construct/edge-alarms.ts'
import { groupDimensions } from '../construct/group-metric.ts'
import { Notices } from '../construct/notices.ts'
import { entranceDimensions, OriginEntrance } from '../construct/origin-entrance.ts'
import { OriginFleet } from '../construct/origin-fleet.ts'
import { OriginScaling } from '../construct/origin-scaling.ts'
import { OriginSignals } from '../construct/origin-signals.ts'
import { Tunnel } from '../construct/tunnel.ts'
import { tunnelDimensions } from '../construct/tunnel-dimensions.ts'
import { WeeklyRefresh } from '../construct/weekly-refresh.ts'
import { releaseDimension, stageDimension } from '../origin-metrics.ts'
import { poolFitsDatabase } from '../rules/pool-fits-database.ts'
import type { DataStack } from './data-stack.ts'
import type { NetworkStack } from './network-stack.ts'

export interface OriginStackProps extends StackProps {
  readonly config: StageConfig
  readonly network: NetworkStack
  readonly data: DataStack
  /** Objectives of the application. */
  readonly slo: Slo
}

/** Serving resources: tunnel, balancer, fleet, scaling and monitoring. Changes with every release. */
export class OriginStack extends Stack {
  constructor(scope: Construct, id: string, props: OriginStackProps) {
    super(scope, id, props)
    const { config, network, data, slo } = props
    const { stage } = config
    const { vpc, access } = network
    const removalPolicy = config.database.protected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY

    const topic = new Topic(this, 'Alerts', { topicName: `spillway-${stage}-alerts`, enforceSSL: true })
    topic.addSubscription(
      new EmailSubscription(StringParameter.valueForStringParameter(this, `/spillway/${stage}/alert-email`)),
    )
    // A custom topic policy replaces the default one, which lets the account's alarms publish.
    topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'))
    const alarms = new Alarms(this, 'Alarms', { topic, config })
    const signals = new OriginSignals(stage)

    const cloudflared = StringParameter.valueForStringParameter(this, `/spillway/${stage}/cloudflared`)
    const tunnels = Array.from(
      { length: config.tunnel.tunnels },
      (_, index) =>
        new Tunnel(this, `Tunnel${index + 1}`, { vpc, access, config, number: index + 1, cloudflared }),
    )
    const entrance = new OriginEntrance(this, 'Entrance', { vpc, access, config, removalPolicy })
    new CfnOutput(this, 'Balancer', {
      description: 'Where the tunnel sends requests: https, port 443',
      value: entrance.balancer.loadBalancerDnsName,
    })
    const ofStage = { [stageDimension]: stage }
    const ofEntrance = entranceDimensions(entrance)
    const userAlarms = alarms.add('users', { ...ofEntrance, stage: ofStage })
    const release = new CfnParameter(this, 'Release', {
      description: 'Release to run, as npm run release has named it',
      allowedPattern: '[A-Za-z0-9._]{1,64}-[0-9a-f]{64}',
      constraintDescription: 'a commit, a hyphen, and the SHA-256 of the archive in the releases bucket',
    }).valueAsString
    const releaseAlarms = alarms.add('release', {
      stage: ofStage,
      release: { ...ofStage, [releaseDimension]: Fn.select(0, Fn.split('-', release)) },
    })
    const fleet = new OriginFleet(this, 'Fleet', {
      vpc,
      access,
      config,
      store: data.store,
      keys: data.keys,
      release,
      rollbackAlarms: [...userAlarms, ...releaseAlarms],
    })
    fleet.group.attachToApplicationTargetGroup(entrance.targets)
    new OriginScaling(this, 'Scaling', { group: fleet.group, signals, config })
    new WeeklyRefresh(this, 'WeeklyRefresh', { groupName: fleet.groupName, alarms: userAlarms })

    const origins = groupDimensions(fleet.group)
    alarms.add('load', { stage: ofStage, origins })
    const { cluster } = data.store
    if (cluster !== undefined) {
      alarms.add('database', { cluster: { DBClusterIdentifier: cluster.clusterIdentifier } })
    }
    alarms.add('tunnels', { ...ofEntrance, ...tunnelDimensions(stage, tunnels) })
    alarms.add('machines', { ...ofEntrance, origins })
    if (promisesUsers(stage)) {
      new BurnAlarms(this, 'Slo', {
        ...{ prefix: `spillway-${stage}-origin`, slo, topic },
        count: (name, priority, span) => signals.sloCount(name, priority, span),
        runbooks: 'roll-back-origin, scale-out, database-failover',
      })
      new EdgeAlarms(this, 'Edge', { stage, slo, topic, alarms, targets: ofEntrance.targets })
    }
    new Notices(this, 'Notices', { topic, config })
    new Dashboard(this, 'Dashboard', {
      config,
      entrance,
      signals,
      group: fleet.group,
      tunnels,
      cluster,
    })
    new CostGuard(this, 'CostGuard', { config, topic })
    // Checked here as well: this stack has the pools, and may be deployed without the other.
    this.node.addValidation(poolFitsDatabase(config))
  }
}
