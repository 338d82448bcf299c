import { join } from 'node:path'
import { createKey, publicKeySet } from '@spillway/edge/dev/keys'
import { opsPaths, originEnv } from '@spillway/origin/contract'
// The same database and the same children as every other test of the whole; see origin/dev.
import { type Child, startChild } from '@spillway/origin/dev/child'
import { type Mongod, startMongod } from '@spillway/origin/dev/mongod'
import { untilReady } from '@spillway/origin/dev/origin-process'
import { freePort } from '@spillway/origin/dev/ports'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { unitDirective } from '../src/instance-files.ts'
import { originMetrics, sloMetrics } from '../src/origin-metrics.ts'
import { stages } from '../src/stages.ts'

const originFolder = join(import.meta.dirname, '..', '..', 'origin')

describe('the origin’s unit', () => {
  const { origin } = stages.dev
  let mongod: Mongod
  let child: Child
  let url: string

  beforeAll(async () => {
    mongod = await startMongod()
    const port = await freePort()
    const [, ...args] = unitDirective('spillway-origin.service', 'ExecStart').split(' ')
    url = `http://127.0.0.1:${port}`
    child = await startChild({
      name: 'origin',
      command: process.execPath,
      args,
      cwd: originFolder,
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        [originEnv.host]: '127.0.0.1',
        [originEnv.port]: String(port),
        [originEnv.mongodbUri]: mongod.uri,
        [originEnv.mongodbDatabase]: 'unit',
        [originEnv.edgeKeys]: JSON.stringify(publicKeySet(await createKey('EdDSA'))),
        [originEnv.processes]: String(origin.processesPerInstance),
        [originEnv.poolSize]: String(origin.poolSize),
        [originEnv.connectionShare]: String(origin.processesPerInstance * origin.poolSize),
        [originEnv.drainTimeoutMs]: String(origin.drainTimeoutMs),
        [originEnv.logLevel]: origin.logLevel,
      },
    })
    await untilReady(url + opsPaths.ready, child)
  }, 120_000)

  afterAll(async () => {
    await child?.stop(0)
    await mongod?.stop()
  })

  it.each([...Object.values(originMetrics), ...Object.values(sloMetrics)])(
    'shows %s, on which scaling or alarms rest',
    async (name) => {
      // One process is ready while others still start; what they count is added up once all of them answer.
      const text = await vi.waitFor(
        async () => {
          const response = await fetch(url + opsPaths.metrics)
          expect(response.status).toBe(200)
          return response.text()
        },
        { timeout: 50_000, interval: 100 },
      )
      // The agent forwards no other types.
      expect(text).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge)$`, 'm'))
    },
  )

  it('drains on SIGTERM and exits with 0 before systemd would kill it', async () => {
    const killAfterMs = Number(unitDirective('spillway-origin.service', 'TimeoutStopSec')) * 1_000
    const kill = setTimeout(() => child.signal('SIGKILL'), killAfterMs)
    child.signal('SIGTERM')
    const exit = await child.exited
    clearTimeout(kill)
    expect(exit, child.tail()).toEqual({ code: 0, signal: null })
    await expect(fetch(url + opsPaths.live)).rejects.toThrow()
  })
})
