import { problemCatalogue } from '@spillway/origin/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from './support/app.ts'

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp()
})
afterAll(() => origin.stop())

it('the OpenAPI document can be stored and revalidated by its ETag', async () => {
  const answer = await origin.send('GET', '/openapi.json')
  expect(answer.json.openapi).toBe('3.1.0')
  expect(answer.headers['cdn-cache-control']).toContain('stale-if-error')
  const headers = { 'if-none-match': answer.headers.etag as string }
  expect((await origin.send('GET', '/openapi.json', { headers })).status).toBe(304)
})

describe('every problem type has a page at its URL', () => {
  it.each(Object.entries(problemCatalogue))('%s', async (code, { title, status }) => {
    const answer = await origin.send('GET', `/problems/${code}`)
    expect(answer.status).toBe(200)
    expect(answer.text).toContain(`<h1>${title}</h1>`)
    expect(answer.text).toContain(`HTTP status ${status}`)
  })
})

describe('metrics', () => {
  it('count requests by route pattern and status, never by path', async () => {
    await origin.send('GET', '/v2/places/some-id-of-somebody')
    await origin.send('GET', '/v9/nothing')
    const { text, headers } = await origin.send('GET', '/metrics')
    expect(headers['content-type']).toContain('text/plain')
    expect(text).toMatch(
      /origin_request_duration_seconds_count\{route="\/v2\/places\/:id",operation="read",status="4xx"\} [1-9]/,
    )
    expect(text).toContain('route="unmatched"')
    expect(text).not.toContain('somebody')
  })

  it('count what the edge asks by its priority, and what failed of it', async () => {
    const counted = async (name: string) => {
      const { text } = await origin.send('GET', '/metrics')
      return ['critical', 'normal'].map((priority) =>
        Number(
          new RegExp(`^origin_slo_${name}_total\\{priority="${priority}"\\} (\\d+)$`, 'm').exec(text)?.[1],
        ),
      )
    }
    const before = await counted('answers')
    const headers = { 'spillway-priority': 'critical', 'spillway-timeout-ms': '1000' }
    await origin.send('GET', '/v2/places/none', { headers })
    expect(await counted('answers')).toEqual([(before[0] ?? 0) + 1, before[1]])
    expect(await counted('timed')).toEqual(await counted('answers'))
    expect(await counted('failed')).toEqual([0, 0])
  })

  it.each([
    'origin_admission_limit',
    'origin_admission_abandoned_total',
    'origin_problems_total{code="not-found"}',
    'origin_admission_shed_total{priority="critical",reason="busy"}',
    'origin_pool_connections{state="inUse"}',
    'origin_pool_wait_seconds_bucket',
    'origin_batch_items_total{collection="places",lane="find"}',
    'origin_event_loop_delay_p99_seconds',
    'origin_draining 0',
  ])('tell %s', async (line) => {
    expect((await origin.send('GET', '/metrics')).text).toContain(line)
  })
})

describe('readiness', () => {
  it('lists its checks', async () => {
    const answer = await origin.send('GET', '/readyz')
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        status: 'ready',
        checks: { database: { ok: true }, pool: { ok: true }, commands: { ok: true }, drain: { ok: true } },
      },
    ])
  })

  it('ends at the drain, with the reason; liveness does not', async () => {
    const other = await startTestApp()
    other.health.drain()
    const answer = await other.send('GET', '/readyz')
    expect([answer.status, answer.json.checks.drain]).toEqual([
      503,
      { ok: false, reason: 'this process is stopping' },
    ])
    expect((await other.send('GET', '/livez')).status).toBe(200)
    const refused = await other.send('GET', '/v2/places')
    expect([refused.status, refused.json.code, refused.headers.connection]).toEqual([
      503,
      'draining',
      'close',
    ])
    await other.stop()
  })
})
