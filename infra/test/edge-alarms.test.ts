import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { priorities } from '@spillway/origin/contract'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { edgeNamespace } from '../src/edge-metrics.ts'
import type { Statement } from './fake-aws/iam.ts'
import { FakeAwsServer } from './fake-aws/server.ts'
import { account, region, StackTemplate } from './fake-aws/template.ts'
import { Secrets } from './fake-aws/vault.ts'
import { readTemplate, resourcesOf } from './support/template.ts'

const stack = () => StackTemplate.read(inject('templates'), 'spillway-production-origin')

/** Properties of the one function of the stack that is the copy. */
function copyOf(template: StackTemplate) {
  const [, found] =
    template
      .ofType('AWS::Lambda::Function')
      .find(([, { Description }]) => String(Description).startsWith('Copies the edge')) ?? []
  // The cast states the properties that these tests need.
  return found as unknown as {
    readonly Runtime: string
    readonly Code: { readonly ZipFile: string }
    readonly Environment: { readonly Variables: Readonly<Record<string, string>> }
  }
}

/** Permissions of the function's role, with the ARN of the secret in the place of its reference. */
function permissionsOf(template: StackTemplate): readonly Statement[] {
  const [, policy] = template.ofType('AWS::IAM::Policy').find(([id]) => id.startsWith('EdgeRole')) ?? []
  const arns = template
    .ofType('AWS::SecretsManager::Secret')
    .map(([id, { Name }]) => [
      `${template.name}-${id}`,
      `arn:aws:secretsmanager:${region}:${account}:secret:${Name}-*`,
    ])
  const text = arns.reduce(
    (left, [reference = '', arn = '']) => left.replaceAll(`"${reference}"`, `"${arn}"`),
    JSON.stringify(policy?.PolicyDocument),
  )
  return JSON.parse(text).Statement
}

describe('the copy of the edge’s counts, run as the template has it', () => {
  const apiToken = 'token-that-reads-the-counts'
  const rows = [
    { priority: 'critical', start: '0', answers: '1000', failed: '12', timed: '900', slow: '3' },
    { priority: 'normal', start: '0', answers: 50, failed: 0, timed: 50, slow: 0 },
  ]
  let cloudflare: Server
  let aws: FakeAwsServer
  let secrets: Secrets
  let folder: string
  let asked: { url: string; authorization: string; sql: string }[] = []
  let status = 200
  beforeEach(async () => {
    asked = []
    status = 200
    cloudflare = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { url = '', headers } = request
      asked.push({ url, authorization: String(headers.authorization), sql: Buffer.concat(chunks).toString() })
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ data: rows, rows: rows.length }))
    })
    cloudflare.listen(0, '127.0.0.1')
    await once(cloudflare, 'listening')
    secrets = new Secrets()
    secrets.deployed(stack())
    secrets.values.set('spillway/production/edge-analytics', JSON.stringify({ accountId: 'acc', apiToken }))
    aws = await FakeAwsServer.start({ secretsmanager: secrets.service }, permissionsOf(stack()))
    folder = mkdtempSync(join(tmpdir(), 'spillway-edge-counts-'))
    // Lambda's runtime brings the SDK.
    symlinkSync(join(import.meta.dirname, '..', '..', 'node_modules'), join(folder, 'node_modules'))
  })
  afterEach(async () => {
    cloudflare.close()
    await aws.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function invoke(variables: Readonly<Record<string, string>> = {}) {
    const { Code, Environment } = copyOf(stack())
    writeFileSync(join(folder, 'index.js'), Code.ZipFile)
    writeFileSync(join(folder, 'silent-console.cjs'), 'console.log = () => {}')
    const event = JSON.stringify({ time: '2026-11-30T05:10:40Z' })
    const program = `require('./index.js').handler(${event}).catch((error) => { console.error(error); process.exit(1) })`
    const env = {
      ...{ PATH: process.env.PATH, ...aws.environment, ...Environment.Variables },
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(cloudflare.address() as AddressInfo).port}`,
      ...variables,
    }
    return await promisify(execFile)(process.execPath, ['-e', program], { cwd: folder, env }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
  }

  it('asks for the minute that has settled, by the token of the stage’s secret', async () => {
    expect(await invoke()).toMatchObject({ code: 0 })
    expect(asked).toHaveLength(1)
    const [{ url = '', authorization = '', sql = '' } = {}] = asked
    expect([url, authorization]).toEqual(['/accounts/acc/analytics_engine/sql', `Bearer ${apiToken}`])
    const at = (time: string) => Date.parse(`2026-11-30T${time}Z`) / 1_000
    expect(sql).toContain(
      `FROM spillway_edge\nWHERE timestamp >= toDateTime(${at('05:06:00')}) AND timestamp < toDateTime(${at('05:07:00')})`,
    )
    expect(aws.unexpected).toEqual([])
  })

  it('reports the counts of each priority as the metrics that the alarms compare', async () => {
    const { stdout } = await invoke()
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const metrics = lines.map(({ _aws: { Timestamp, CloudWatchMetrics }, ...values }) => {
      const [{ Namespace, Dimensions, Metrics }] = CloudWatchMetrics
      // The minute of the copy, so that a window of five minutes has the counts of five.
      expect(Timestamp).toBe(Date.parse('2026-11-30T05:10:00Z'))
      expect(Namespace).toBe(edgeNamespace)
      return [Dimensions, Metrics.map(({ Name }: { Name: string }) => [Name, values[Name]]), values.priority]
    })
    expect(metrics).toEqual([
      [
        [['Stage', 'priority']],
        [
          ['answers', 1000],
          ['failed', 12],
          ['timed', 900],
          ['slow', 3],
        ],
        'critical',
      ],
      [
        [['Stage', 'priority']],
        [
          ['answers', 50],
          ['failed', 0],
          ['timed', 50],
          ['slow', 0],
        ],
        'normal',
      ],
      [
        [['Stage']],
        [
          ['copies', 1],
          ['answers', 1_050],
        ],
        undefined,
      ],
    ])
    const compared = resourcesOf(readTemplate('production', 'origin'), 'AWS::CloudWatch::Alarm')
      .map(({ Properties }) => JSON.stringify(Properties))
      .filter((text) => text.includes(`"${edgeNamespace}"`))
      .flatMap((text) => [...text.matchAll(/"MetricName":"(\w+)"/g)].map(([, name]) => name))
    const names = ['answers', 'failed', 'timed', 'slow', 'copies']
    expect(new Set(compared)).toEqual(new Set([...names, 'RequestCount']))
  })

  it('fails with no report and no token when Cloudflare refuses, so that the schedule tries again', async () => {
    status = 403
    const { code, stdout, stderr } = await invoke()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Analytics Engine answered 403')
    expect(stderr).not.toContain(apiToken)
  })

  it('says what to do about a secret that is no token, without a part of it', async () => {
    secrets.values.set('spillway/production/edge-analytics', apiToken)
    const { code, stdout, stderr } = await invoke()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('set EDGE_ANALYTICS_TOKEN and npm run bootstrap')
    expect(stderr).not.toContain(apiToken.slice(0, 10))
  })

  it('writes its lines itself, since a format of the log would wrap those of the console', async () => {
    const { stdout } = await invoke({ NODE_OPTIONS: '--require=./silent-console.cjs' })
    expect(stdout.trim().split('\n')).toHaveLength(3)
  })

  it('may read its own secret, and no other', async () => {
    const { stderr } = await invoke({ SECRET: 'spillway/production/tunnel-token-1' })
    expect(stderr).toContain('not authorized to perform: secretsmanager:GetSecretValue')
  })
})

describe('the alarms of the edge', () => {
  const names = (stage: 'dev' | 'production') =>
    ['AWS::CloudWatch::CompositeAlarm', 'AWS::CloudWatch::Alarm'].flatMap((type) =>
      resourcesOf(readTemplate(stage, 'origin'), type).map(({ Properties }) =>
        String(Properties.AlarmName ?? ''),
      ),
    )

  it('are an urgent and a slow one for each priority and indicator, and one on silence', () => {
    const wanted = priorities.flatMap((priority) =>
      ['availability', 'latency'].flatMap((indicator) =>
        ['urgent', 'slow'].map((severity) => `spillway-production-edge-${priority}-${indicator}-${severity}`),
      ),
    )
    expect(names('production')).toEqual(
      expect.arrayContaining([
        ...wanted,
        'spillway-production-EdgeCountsSilent',
        'spillway-production-EdgeUncounted',
      ]),
    )
    expect(names('dev').filter((name) => /edge/i.test(name))).toEqual([])
  })

  it('ring when the origins are asked and no answer is counted', () => {
    const [uncounted] = resourcesOf(readTemplate('production', 'origin'), 'AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties.AlarmName === 'spillway-production-EdgeUncounted',
    )
    // The cast states the properties of an alarm on an expression.
    const { Metrics, ...rest } = (uncounted?.Properties ?? {}) as unknown as {
      Metrics: { Expression?: string; MetricStat?: { Metric: { Namespace: string; MetricName: string } } }[]
      Threshold: number
      ComparisonOperator: string
    }
    expect(rest).toMatchObject({ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' })
    expect(Metrics.flatMap(({ Expression }) => Expression ?? [])).toEqual([
      'IF(FILL(asked, 0) >= 100 AND FILL(answers, 0) < 1, 1, 0)',
    ])
    const compared = Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])
    expect(compared.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`).toSorted()).toEqual([
      'AWS/ApplicationELB RequestCount',
      `${edgeNamespace} answers`,
    ])
  })

  it('have a copy each minute, that fits a template and a runtime that is supported', () => {
    const rules = resourcesOf(readTemplate('production', 'origin'), 'AWS::Events::Rule')
    expect(rules.map(({ Properties }) => Properties.ScheduleExpression)).toContain('rate(1 minute)')
    const { Code, Runtime } = copyOf(stack())
    // Limit of Code.ZipFile (CloudFormation, AWS::Lambda::Function Code).
    expect(Code.ZipFile.length).toBeLessThan(4_096)
    expect(Runtime).toBe('nodejs24.x')
  })
})
