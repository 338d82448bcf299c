import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ports } from '@spillway/origin/contract'
import { localFolder } from '@spillway/origin/dev/folders'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

let kept: typeof import('./kept-ports.ts')

beforeEach(async () => {
  vi.resetModules()
  vi.stubEnv('SPILLWAY_FOLDER', join(localFolder, `kept-ports-${process.pid}`))
  kept = await import('./kept-ports.ts')
})
afterEach(() => {
  rmSync(process.env.SPILLWAY_FOLDER ?? '', { recursive: true, force: true })
  vi.unstubAllEnvs()
})

it('are found while npm start runs, and the usual ones after it', async () => {
  const end = kept.keepPorts({ edge: 18_787, origin: 13_000, issuer: 18_788 })
  expect(kept.runningPorts({})).toEqual({ edge: 18_787, origin: 13_000, issuer: 18_788 })
  await end()
  expect(kept.runningPorts({})).toEqual({ edge: ports.edge, origin: ports.origin, issuer: ports.issuer })
})

it('give way to a variable that is set', async () => {
  const end = kept.keepPorts({ edge: 18_787, origin: 13_000, issuer: 18_788 })
  expect(kept.runningPorts({ EDGE_PORT: '28787', ISSUER_PORT: '' })).toMatchObject({
    edge: 28_787,
    issuer: 18_788,
  })
  await end()
  expect(existsSync(join(process.env.SPILLWAY_FOLDER ?? '', 'ports.json'))).toBe(false)
})
