import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as autoscaling from '@aws-sdk/client-auto-scaling'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as docdb from '@aws-sdk/client-docdb'
import { controlSnapshotKey, formatControl } from '@spillway/origin/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { stages } from '../src/stages.ts'
import { diagnose } from '../why/diagnose.ts'
import { blindReport } from '../why/report.ts'
import { AwsReader } from '../why/stage/aws-reader.ts'
import { CloudflareReader } from '../why/stage/cloudflare-reader.ts'
import { observeStage } from '../why/stage/observe-stage.ts'
import { policyStatements } from './fake-aws/account.ts'
import { FakeAwsServer, type Operation, operatorKey } from './fake-aws/server.ts'
import { account, region, StackTemplate } from './fake-aws/template.ts'
import { FakeCloudflare } from './fake-cloudflare/server.ts'

/** Reports of the stage, by the tests' own words. */
interface Reports {
  edge: { pattern: string; reason: string; answers: number; status: number }[]
  totals: { answers: number; hits: number; minutesAgo: number }[]
  health: number
  keySet: number
  metrics: Record<string, string>[]
  connections: Record<string, number>
  instances: { InstanceId: string; LifecycleState: string; HealthStatus: string }[]
  failovers: Date[]
}

const calm = (): Reports => ({
  edge: [],
  totals: [{ answers: 500, hits: 450, minutesAgo: 1 }],
  health: 200,
  keySet: 200,
  metrics: [
    { '@logStream': 'i-1', poolWait: '0.001', limit: '128', loopDelay: '0.02', memory: '1e8' },
    { '@logStream': 'i-1', state: 'size', connections: '24' },
    { '@logStream': 'i-1', state: 'inUse', connections: '3' },
    { '@logStream': 'i-1', priority: 'normal', admitted: '1200' },
  ],
  connections: { tunnel1: 4, tunnel2: 4, busy: 20, connections: 90 },
  instances: [{ InstanceId: 'i-1', LifecycleState: 'InService', HealthStatus: 'Healthy' }],
  failovers: [],
})

const namespace = 'c'.repeat(32)
let reports: Reports
let aws: FakeAwsServer
let cloudflare: FakeCloudflare
let web: Server

const minuteAgo = (minutes: number) => Math.floor(Date.now() / 60_000 - minutes) * 60

beforeAll(async () => {
  const star = (action: string): Pick<Operation, 'wants'> => ({ wants: () => [{ action, resource: '*' }] })
  aws = await FakeAwsServer.start(
    {
      autoscaling: {
        protocol: 'query',
        client: autoscaling,
        operations: {
          DescribeAutoScalingGroups: {
            ...star('autoscaling:DescribeAutoScalingGroups'),
            answer: () => ({
              AutoScalingGroups: [{ AutoScalingGroupName: 'g', Instances: reports.instances }],
            }),
          },
        },
      },
      monitoring: {
        protocol: 'json',
        client: cloudwatch,
        operations: {
          GetMetricData: {
            ...star('cloudwatch:GetMetricData'),
            answer: ({ MetricDataQueries }) => ({
              MetricDataResults: (MetricDataQueries as { Id: string }[]).map(({ Id }) => ({
                Id,
                Values: [reports.connections[Id]].filter((value) => value !== undefined),
              })),
            }),
          },
        },
      },
      logs: {
        protocol: 'json',
        client: logs,
        operations: {
          StartQuery: {
            wants: ({ logGroupName }) => [
              {
                action: 'logs:StartQuery',
                resource: `arn:aws:logs:${region}:${account}:log-group:${logGroupName}`,
              },
            ],
            answer: () => ({ queryId: 'q' }),
          },
          GetQueryResults: {
            ...star('logs:GetQueryResults'),
            answer: () => ({
              status: 'Complete',
              results: reports.metrics.map((row) =>
                Object.entries(row).map(([field, value]) => ({ field, value })),
              ),
            }),
          },
        },
      },
      rds: {
        protocol: 'query',
        client: docdb,
        operations: {
          DescribeEvents: {
            wants: ({ SourceIdentifier }) => [
              {
                action: 'rds:DescribeEvents',
                resource: `arn:aws:rds:${region}:${account}:cluster:${SourceIdentifier}`,
              },
            ],
            answer: () => ({
              Events: reports.failovers.map((at) => ({ Date: at, EventCategories: ['failover'] })),
            }),
          },
        },
      },
    },
    policyStatements(StackTemplate.read(inject('templates'), 'spillway-production-data'), 'Observer'),
  )
  cloudflare = await FakeCloudflare.start('spillway-edge-production', [namespace])
  cloudflare.analytics = (sql) =>
    sql.includes('blob3 AS reason')
      ? reports.edge.map((row) => ({ minute: minuteAgo(1), ...row }))
      : reports.totals.map(({ minutesAgo, ...row }) => ({
          ...{
            minute: minuteAgo(minutesAgo),
            pattern: '/v2/places',
            refused: 0,
            forwarded: 50,
            originMs: 500,
          },
          ...row,
        }))
  web = createServer(({ url }, response) => {
    response.writeHead(url === '/keys' ? reports.keySet : reports.health).end()
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await aws.close()
  await cloudflare.close()
  web.close()
})
beforeEach(() => {
  reports = calm()
  cloudflare.namespaces.get(namespace)?.clear()
})

const environment = () => cloudflare.environment as Record<string, string>
const observed = () => {
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
  return observeStage(
    { edgeUrl: url, keySetUrls: [`${url}/keys`], dataset: 'spillway_edge', namespace, worker: 'w' },
    {
      aws: new AwsReader(stages.production, {
        region,
        endpoint: aws.url,
        credentials: { accessKeyId: operatorKey, secretAccessKey: 'secret' },
      }),
      cloudflare: new CloudflareReader({
        accountId: environment().CLOUDFLARE_ACCOUNT_ID ?? '',
        token: environment().CLOUDFLARE_API_TOKEN ?? '',
        baseUrl: environment().CLOUDFLARE_API_BASE_URL ?? '',
      }),
    },
  )
}
const refusing = (reason: string, status = 503): Partial<Reports> => ({
  edge: [{ pattern: '/v2/places/:id', reason, answers: 30, status }],
})
/** Puts a switch where edges read it. */
function published(name: string, value?: string): Partial<Reports> {
  const text = formatControl([{ name, ...(value !== undefined && { value }) }])
  cloudflare.namespaces.get(namespace)?.set(controlSnapshotKey, { value: text, ttl: undefined })
  return {}
}
const metric = (row: Record<string, string>): Partial<Reports> => ({
  metrics: [...calm().metrics, { '@logStream': 'i-1', ...row }],
})

describe('a deployed stage', () => {
  it('that is well is said to be healthy, with permissions that only read', async () => {
    const { signs } = await observed()
    expect(diagnose(signs)).toEqual([])
    expect(signs.origins).toMatchObject([{ admitted: 1_200, pool: { size: 24, inUse: 3 } }])
    expect(signs.database).toMatchObject({ busyPercent: 20, connections: 90 })
    expect([...aws.unexpected, ...cloudflare.unexpected]).toEqual([])
    expect(cloudflare.changes).toEqual([])
  })

  it.each<[string, () => Partial<Reports>]>([
    ['emergency switch', () => ({ ...published('shed', 'normal'), ...refusing('shed-switched-off') })],
    ['wrong configuration', () => ({ health: 500 })],
    ['issuer down', () => ({ keySet: 503 })],
    [
      'origin stopping',
      () => ({
        instances: [{ InstanceId: 'i-2', LifecycleState: 'Terminating:Wait', HealthStatus: 'Healthy' }],
      }),
    ],
    [
      'primary unavailable',
      () => ({
        ...refusing('database-unavailable'),
        ...metric({ code: 'database-unavailable', problems: '12' }),
        failovers: [new Date()],
      }),
    ],
    [
      'cold cache',
      () => ({
        ...refusing('shed-limit'),
        totals: [
          { answers: 500, hits: 20, minutesAgo: 1 },
          { answers: 5_000, hits: 4_500, minutesAgo: 6 },
        ],
      }),
    ],
    ['slow primary', () => metric({ givenUp: '4' })],
    ['pool exhausted', () => metric({ state: 'inUse', connections: '24', poolWait: '0.4' })],
    ['tunnel down', () => ({ ...refusing('origin-unreachable'), connections: { tunnel1: 4, busy: 1 } })],
    ['breaker open', () => refusing('shed-breaker-open')],
    ['origin down', () => ({ metrics: [], ...refusing('origin-unreachable') })],
    ['bad release', () => metric({ code: 'internal-error', problems: '3' })],
    ['bad release', () => refusing('', 500)],
    ['revoked token', () => ({ ...published('revoked:sub:mallory'), ...refusing('token-revoked', 401) })],
    ['quota used up', () => refusing('rate-limited', 429)],
  ])('is diagnosed as on a laptop: %s', async (name, change) => {
    reports = { ...calm(), ...change() }
    const [first] = diagnose((await observed()).signs)
    expect(first?.cause.name).toBe(name)
    if (reports.edge.length > 0) {
      expect(first?.hits).toContain('/v2/places/:id')
      expect(first?.since).toBe(new Date(minuteAgo(1) * 1_000).toISOString())
    }
    expect(aws.unexpected).toEqual([])
  })

  it('is diagnosed by one cloud while the other one cannot be asked, and says so', async () => {
    reports = { ...calm(), metrics: [], ...metric({ code: 'internal-error', problems: '3' }) }
    const analytics = cloudflare.analytics
    cloudflare.analytics = () => {
      throw new Error('down')
    }
    const { signs } = await observed()
    cloudflare.analytics = analytics
    cloudflare.unexpected.length = 0
    expect(diagnose(signs)[0]?.cause.name).toBe('bad release')
    expect(signs.blind).toEqual([expect.stringMatching(/^answers of the edge: Cloudflare answered 400/)])
    expect(blindReport(signs.blind)).toContain('Not observed')
  })

  it('cannot be changed with the same credentials', () => {
    const statements = policyStatements(
      StackTemplate.read(inject('templates'), 'spillway-production-data'),
      'Observer',
    )
    const actions = statements.flatMap(({ Action }) => [Action].flat())
    expect(actions.filter((action) => !/:(Describe|Get|StartQuery)/.test(action))).toEqual([])
  })

  it('whose credentials are refused says so, without the token', async () => {
    const reader = new CloudflareReader({
      accountId: environment().CLOUDFLARE_ACCOUNT_ID ?? '',
      token: 'secret-token',
      baseUrl: environment().CLOUDFLARE_API_BASE_URL ?? '',
    })
    const failure = await reader.control(namespace).catch(String)
    expect(failure).toContain('Cloudflare answered 401')
    expect(failure).not.toContain('secret-token')
  })
})
