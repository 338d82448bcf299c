import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterEach, expect, inject, test, vi } from 'vitest'
import { type HttpOrigin, startHttpOrigin } from './cache/support/http-origin.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const started of running.splice(0).reverse()) await started.stop()
})

/** A purge API that refuses calls in quick succession, like a plan's limit. */
async function startPurgeApi(
  gapMs: number,
): Promise<HttpOrigin & { readonly purged: string[][]; refused: number }> {
  const purged: string[][] = []
  let lastMs = 0
  const api = await startHttpOrigin((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      if (Date.now() - lastMs < gapMs) {
        counted.refused += 1
        return response.writeHead(429, { 'retry-after': '1' }).end()
      }
      lastMs = Date.now()
      purged.push(JSON.parse(body).tags)
      return response.writeHead(200).end('{"success":true}')
    })
  })
  const counted = Object.assign(api, { purged, refused: 0 })
  running.push(counted)
  return counted
}

/** The deployable bundle, so that the test covers what is deployed. */
async function startQueue(api: HttpOrigin, limit = { callsPerSecond: 5, bucket: 25 }) {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      modules: [{ type: 'ESModule', path: 'worker.js', contents: inject('workerScript') }],
      compatibilityDate: '2026-08-01',
      bindings: { ZONE_ID: 'zone', ZONE_PURGE_TOKEN: 'very-secret', PURGE_LIMIT: JSON.stringify(limit) },
      durableObjects: { PURGE_QUEUE: { className: 'PurgeQueue', useSQLite: true } },
      outboundService: async (request: { readonly url: string; text(): Promise<string> }) => {
        const { pathname } = new URL(request.url)
        return (await fetch(api.url + pathname, { method: 'POST', body: await request.text() })) as never
      },
      cf: false,
    }),
  )
  await miniflare.ready
  running.push({ stop: () => miniflare.dispose() })
  const queues = await miniflare.getDurableObjectNamespace('PURGE_QUEUE')
  // The runtime's stub carries the class's own methods, which its type does not know.
  const stub = queues.get(queues.idFromName('zone')) as unknown as {
    add(tags: readonly string[]): Promise<void>
  }
  return stub
}

test("the zone's queue batches the tags of many isolates, and purges each once", async () => {
  const api = await startPurgeApi(0)
  const queue = await startQueue(api)
  await Promise.all(Array.from({ length: 150 }, (_, index) => queue.add([`places:${index}`, 'places:*'])))
  await vi.waitFor(() => expect(new Set(api.purged.flat()).size).toBe(151), 60_000)
  expect(api.requests[0]?.url).toBe('/client/v4/zones/zone/purge_cache')
  expect(Math.max(...api.purged.map((tags) => tags.length))).toBeLessThanOrEqual(100)
  expect(api.purged.length).toBeLessThan(75)
})

test('purges refused tags later, and loses none', async () => {
  const api = await startPurgeApi(600)
  const queue = await startQueue(api, { callsPerSecond: 50, bucket: 500 })
  for (let write = 0; write < 20; write += 1) await queue.add([`places:${write}`])
  await vi.waitFor(() => expect(new Set(api.purged.flat()).size).toBe(20), 60_000)
  expect(api.refused).toBeGreaterThan(0)
})
