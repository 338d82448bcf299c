import type { Slo } from '@spillway/origin/contract'
import { CfnOutput, CfnParameter, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { Stats } from 'aws-cdk-lib/aws-cloudwatch'
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
import { Notices } from '../construct/notices.ts'
import { OriginEntrance } from '../construct/origin-entrance.ts'
import { OriginFleet } from '../construct/origin-fleet.ts'
import { OriginScaling } from '../construct/origin-scaling.ts'
import { OriginSignals } from '../construct/origin-signals.ts'
import { addReleaseAlarms } from '../construct/release-alarms.ts'
import { addResourceAlarms } from '../construct/resource-alarms.ts'
import { Tunnel } from '../construct/tunnel.ts'
import { addTunnelAlarms } from '../construct/tunnel-alarms.ts'
import { WeeklyRefresh } from '../construct/weekly-refresh.ts'
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
    const alarms = new Alarms(this, 'Alarms', { topic, stage })
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
    const userAlarms = alarms.forUsers(entrance, signals)
    const release = new CfnParameter(this, 'Release', {
      description: 'Release to run, as npm run release has named it',
      allowedPattern: '[A-Za-z0-9._]{1,64}-[0-9a-f]{64}',
      constraintDescription: 'a commit, a hyphen, and the SHA-256 of the archive in the releases bucket',
    }).valueAsString
    const releaseAlarms = addReleaseAlarms(alarms, stage, release)
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

    alarms.forLoad(signals, config, fleet.group)
    const { cluster } = data.store
    // Another database has alarms of its own operator's.
    if (cluster !== undefined) alarms.forDatabase(cluster, config)
    addTunnelAlarms(alarms, tunnels, entrance, config)
    addResourceAlarms(alarms, entrance, fleet.group)
    if (promisesUsers(stage)) {
      new BurnAlarms(this, 'Slo', {
        ...{ prefix: `spillway-${stage}-origin`, slo, topic },
        count: (name, priority, span) => signals.sloCount(name, priority, span),
        runbooks: 'roll-back-origin, scale-out, database-failover',
      })
      const asked = entrance.targets.metrics.requestCount({
        period: Duration.minutes(5),
        statistic: Stats.SUM,
      })
      new EdgeAlarms(this, 'Edge', { stage, slo, topic, alarms, asked })
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
