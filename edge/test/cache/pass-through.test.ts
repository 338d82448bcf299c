import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HttpOrigin, startHttpOrigin } from './support/http-origin.ts'
import { startWorkerd, type Workerd } from './support/workerd.ts'

let origin: HttpOrigin
let workerd: Workerd
let off: Workerd

beforeAll(async () => {
  origin = await startHttpOrigin((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const { 'x-forwarded-host': host = '', 'x-http-method-override': method = '' } = request.headers
      response
        .writeHead(200, { 'cache-control': 'max-age=60' })
        .end(`${request.method} ${body}${host}${method}`)
    })
  })
  const variables = { PASS_THROUGH_PREFIX: '/static/', PASS_THROUGH_ORIGIN: origin.url }
  workerd = await startWorkerd({ entry: 'pass-through-worker.ts', variables })
  off = await startWorkerd({ entry: 'pass-through-worker.ts' })
})

afterAll(async () => {
  await off.stop()
  await workerd.stop()
  await origin.stop()
})

test('is off until prefix and origin are configured', async () => {
  expect((await fetch(`${off.urls[0]}/static/a`)).status).toBe(404)
})

test('passes through only paths under its prefix', async () => {
  expect((await fetch(`${workerd.urls[0]}/other`)).status).toBe(404)
  expect(await (await fetch(`${workerd.urls[0]}/static/a`)).text()).toBe('GET ')
})

test('fields by which a request could poison the key do not reach the origin', async () => {
  const url = `${workerd.urls[0]}/static/poison`
  const headers = { 'x-forwarded-host': 'evil.test', 'x-http-method-override': 'DELETE' }
  expect(await (await fetch(url, { headers })).text()).toBe('GET ')
})

test('forwards the body of an unsafe method', async () => {
  const url = `${workerd.urls[0]}/static/post`
  expect(await (await fetch(url, { method: 'POST', body: 'hello' })).text()).toBe('POST hello')
})

test('an origin that cannot be reached is a 504 (RFC 9111 §5.2.2.2)', async () => {
  const variables = { PASS_THROUGH_PREFIX: '/', PASS_THROUGH_ORIGIN: 'http://127.0.0.1:1' }
  const alone = await startWorkerd({ entry: 'pass-through-worker.ts', variables })
  try {
    const answer = await fetch(`${alone.urls[0]}/a`)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([504, 'no-store'])
  } finally {
    await alone.stop()
  }
})
