import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { load as fixtureLoad, resources } from '@spillway/origin/fixture'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findScenario, scenarioNames, scenarioOf } from '../scenarios/catalogue.ts'
import { planOf } from '../scenarios/plan.ts'
import { type Scenario, scaledBy } from '../scenarios/scenario.ts'
import type { Summary } from '../scenarios/summary.ts'
import { bundleScript } from './bundle-script.ts'
import { findK6 } from './find-k6.ts'
import { k6Options } from './options.ts'
import type { Answer, Asked } from './stand-in.ts'

/** Folder of the bundle, with the stand-ins for k6's modules. */
interface Script {
  readonly default: () => void
  readonly options: ReturnType<typeof k6Options>
  readonly handleSummary: (data: unknown) => Record<string, string>
  readonly k6: { answer: (asked: Asked) => Answer; readonly slept: readonly number[] }
  readonly k6Data: () => { metrics: Record<string, { values: Record<string, number> }> }
}

const folders: string[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const documents = { places: [{ id: 'a', filterValue: 'FR' }], advisories: [{ id: 'b', filterValue: 'FR' }] }

/** Bundles the script as `npm run k6` does, with the stand-ins in place of k6's modules, and loads it. */
async function load(scenario: Scenario): Promise<Script> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-k6-test-'))
  folders.push(folder)
  const outfile = join(folder, 'script.mjs')
  const standIn = join(import.meta.dirname, 'stand-in.ts')
  await bundleScript({
    outfile,
    plugins: [
      {
        name: 'stand-ins',
        setup(build) {
          build.onResolve({ filter: /^k6(\/|$)/ }, () => ({ path: standIn }))
          build.onLoad({ filter: /k6\/script\.ts$/ }, async ({ path }) => {
            const { readFile } = await import('node:fs/promises')
            const source = await readFile(path, 'utf8')
            return { contents: `${source}\nexport { k6, k6Data } from './stand-in.ts'\n`, loader: 'ts' }
          })
        },
      },
    ],
  })
  const target = 'http://127.0.0.1:1'
  const plan = planOf(resources, { scenario, scale: 0.01, target, documents, tokens: ['t0', 't1'], seed: 1 })
  const planFile = join(folder, 'plan.json')
  await writeFile(planFile, JSON.stringify(plan))
  vi.stubGlobal('__ENV', { SPILLWAY_PLAN: planFile, SPILLWAY_SUMMARY: 'summary.json' })
  vi.stubGlobal('__VU', 1)
  const { readFileSync } = await import('node:fs')
  vi.stubGlobal('open', (file: string) => readFileSync(file, 'utf8'))
  return import(/* @vite-ignore */ pathToFileURL(outfile).href)
}

const summaryIn = (script: Script): Summary =>
  JSON.parse(script.handleSummary(script.k6Data())['summary.json'] ?? '')

describe('the script of k6', () => {
  it('sends the scenario’s requests, and counts as our own driver does', async () => {
    const script = await load(scaledBy(scenarioOf('spike', fixtureLoad), 0.01))
    const asked: Asked[] = []
    script.k6.answer = (request) => {
      asked.push(request)
      if (asked.length % 10 === 0) return { status: 503, ms: 1 }
      return asked.length % 25 === 0
        ? { status: 500, ms: 1 }
        : { status: 200, ms: asked.length === 1 ? 1_500 : 20 }
    }
    for (let i = 0; i < 200; i++) script.default()
    expect(asked.every(({ url }) => url.startsWith('http://127.0.0.1:1/v2/'))).toBe(true)
    expect(new Set(asked.map(({ params }) => params.headers.authorization)).size).toBe(2)

    const { total, operations, failures } = summaryIn(script)
    expect(total).toMatchObject({ asked: 200, shed: 20, failed: 4, ok: 176, good: 175, p50: 20, max: 1_500 })
    expect(failures).toEqual({ 500: 4 })
    const counted = Object.values(operations).reduce((sum, { asked }) => sum + asked, 0)
    expect(counted).toBe(200)
    expect(Object.keys(operations)).toEqual(['places.read', 'places.list', 'trips.create'])
  })

  it('tells writes of unknown outcome from those that were shed', async () => {
    const script = await load(scaledBy(scenarioOf('spike', fixtureLoad), 0.01))
    const codes = ['overloaded', 'outcome-unknown', 'outcome-unknown']
    script.k6.answer = () => ({ status: 503, ms: 1, body: JSON.stringify({ code: codes.pop() }) })
    for (let i = 0; i < 3; i++) script.default()
    const { total, failures } = summaryIn(script)
    expect(total).toMatchObject({ asked: 3, shed: 1, failed: 2, ok: 0 })
    expect(failures).toEqual({ 'outcome-unknown': 2 })
  })

  it('lets closed users think after an answer', async () => {
    const script = await load(scaledBy(scenarioOf('soak', fixtureLoad), 0.01))
    for (let i = 0; i < 300; i++) script.default()
    const mean = script.k6.slept.reduce((sum, seconds) => sum + seconds, 0) / 300
    expect(mean).toBeGreaterThan(0.75)
    expect(mean).toBeLessThan(1.25)
  })

  it('reports when k6 could not offer the planned load', async () => {
    const script = await load(scaledBy(scenarioOf('spike', fixtureLoad), 0.01))
    script.default()
    const data = script.k6Data()
    data.metrics.dropped_iterations = { values: { count: 5 } }
    const summary: Summary = JSON.parse(script.handleSummary(data)['summary.json'] ?? '')
    expect(summary.limitedBy).toMatch(/left out 5 requests/)
  })
})

describe.each(scenarioNames)('%s in the words of k6', (name) => {
  const scenario = scaledBy(findScenario(name, fixtureLoad), 0.01)
  const options = k6Options(scenario)
  const executors = Object.values(options.scenarios ?? {})

  it('lasts as long as the scenario, and ends with as many users', () => {
    const [executor] = executors
    if (executor === undefined || !('stages' in executor)) throw new Error('no stages')
    const lastsMs = executor.stages.reduce(
      (sum, { duration }) => sum + Number.parseInt(String(duration), 10),
      0,
    )
    expect(lastsMs).toBe(scenario.users.at(-1)?.atMs)
    const unit = executor.executor === 'ramping-arrival-rate' ? 10 / (scenario.behaviour.everyMs / 1000) : 1
    expect(executor.stages.at(-1)?.target).toBe(Math.round((scenario.users.at(-1)?.users ?? 0) * unit))
  })

  it('has every threshold', () => {
    const expressions = Object.values(options.thresholds ?? {}).flat()
    expect(expressions).toHaveLength(scenario.thresholds.length)
  })
})

it('finds k6 by the variable K6, and nothing where it is missing', () => {
  expect(findK6({ K6: process.execPath })).toBe(process.execPath)
  expect(findK6({ PATH: '/nonexistent' })).toBeUndefined()
})
