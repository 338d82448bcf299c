import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { checked, type Fields, operationSchema } from './fake-aws/protocol.ts'

/** `npm run slo -- --stage` against stand-ins of both clouds, with the real program and SDK. */

let server: Server
let url: string
const asked: {
  readonly cloud: 'aws' | 'cloudflare'
  readonly body: string
  readonly authorization: string
}[] = []
/** Failed answers of a thousand, of the newest bucket. */
let failed = 0
let refuses = false

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const authorization = String(request.headers.authorization)
    const isCloudflare = request.url === '/client/v4/accounts/acc/analytics_engine/sql'
    asked.push({ cloud: isCloudflare ? 'cloudflare' : 'aws', body, authorization })
    const answer = isCloudflare ? analytics(body) : metrics(String(request.headers['x-amz-target']), body)
    response.writeHead(refuses ? 403 : 200, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(refuses ? { __type: 'AccessDeniedException', message: 'denied' } : answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())
beforeEach(() => {
  asked.length = 0
  failed = 0
  refuses = false
})

const now = () => Math.floor(Date.now() / 1_000)
const isFine = (sql: string) => sql.includes(', 300) * 300')

function analytics(sql: string): Fields {
  if (!isFine(sql)) return { data: [] }
  const start = now() - 240
  return {
    data: [{ priority: 'critical', start, answers: '1000', failed: String(failed), timed: '900', slow: '0' }],
  }
}

function metrics(target: string, body: string): Fields {
  const schema = operationSchema(cloudwatch as unknown as Fields, String(target.split('.')[1]))
  const input = checked(schema.input, JSON.parse(body)) as unknown as {
    readonly MetricDataQueries: readonly {
      readonly Id: string
      readonly MetricStat: { readonly Period: number; readonly Metric: { readonly MetricName: string } }
    }[]
  }
  return {
    MetricDataResults: input.MetricDataQueries.map(({ Id, MetricStat }) => {
      const isNow = MetricStat.Period === 300 && Id.endsWith('_critical')
      const value = { origin_slo_answers_total: 500, origin_slo_failed_total: failed }[
        MetricStat.Metric.MetricName
      ]
      return { Id, Timestamps: isNow ? [now() - 240] : [], Values: isNow ? [value ?? 0] : [] }
    }),
  }
}

const root = join(import.meta.dirname, '..', '..')

async function report(env: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const run = promisify(execFile)(process.execPath, ['infra/slo/main.ts', ...words], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL: url,
      CLOUDFLARE_API_BASE_URL: `${url}/client/v4`,
      ...env,
    },
  })
  return await run.then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
}

const aws = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'aws-secret' }
const cloudflare = { CLOUDFLARE_ACCOUNT_ID: 'acc', CLOUDFLARE_API_TOKEN: 'cf-secret' }

it('reports both tiers of a healthy stage, and asks each cloud only for counts', async () => {
  const { code, stdout } = await report({ ...aws, ...cloudflare }, '--stage', 'production')
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^edge: period of 30 days, counts of the last \d min\n {2}critical {3}99.9 % answered +0 of 1000 were not/,
  )
  expect(stdout).toMatch(/\n\norigin: .*\n {2}critical {3}99.9 % answered +0 of 500 were not/)
  const sql = asked.filter(({ cloud }) => cloud === 'cloudflare')
  expect(sql.map(({ authorization }) => authorization)).toEqual(['Bearer cf-secret', 'Bearer cf-secret'])
  for (const { body } of sql) expect(body).toMatch(/^SELECT[\s\S]*\nFROM spillway_edge\n/)
})

it('exits with 1 when a budget is spent too fast, and says whose', async () => {
  failed = 400
  const { code, stdout } = await report(cloudflare, '--stage', 'production')
  expect(code).toBe(1)
  expect(stdout).toContain('400 of 1000 were not')
  expect(stdout).toContain('<< urgent: burns too fast (fast)')
})

it('says what is refused, without a secret', async () => {
  refuses = true
  const { code, stderr } = await report(cloudflare, '--stage', 'production')
  expect(code).toBe(2)
  expect(stderr).toContain('Cloudflare answered 403 to analytics_engine/sql')
  expect(stderr).not.toContain('cf-secret')
})

it.each([
  ['no credentials', {}, ['--stage', 'production'], 'set AWS_REGION'],
  ['an unknown stage', aws, ['--stage', 'prod'], '--stage must be one of dev, staging, production'],
])('refuses %s with what to do', async (_what, env, words, message) => {
  const { code, stderr } = await report(env, ...words)
  expect([code, stderr.split('\n')[0]]).toEqual([2, expect.stringContaining(message)])
  expect(asked).toEqual([])
})
