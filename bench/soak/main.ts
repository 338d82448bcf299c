/** Program: `npm run bench -- soak` loads the whole path for an hour and samples the memory of its processes. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import { originEnv } from '@spillway/origin/contract'
import { seed as seedDocuments } from '@spillway/origin/dev/seed'
import { bars } from '../bars.ts'
import { isolateHeapMbMax } from '../edge/edge-process.ts'
import { operationsOf } from '../load/operations.ts'
import { LiveMemory } from '../measure/live-memory.ts'
import { startMeasuredMongod } from '../measure/measured-mongod.ts'
import { cpuTimeMs, residentMb } from '../measure/process-table.ts'
import { orNull } from '../measure/result.ts'
import { type Run, runBench } from '../measure/run.ts'
import { growthPercent, meansOfThirds, type Sampler, startSampler } from '../measure/sampler.ts'
import { figure, table } from '../measure/table.ts'
import { startWholePath } from '../peers/start-whole-path.ts'
import { scenarioOf } from '../scenarios/catalogue.ts'
import { drivePlan } from '../scenarios/drive-plan.ts'
import { learnDocuments } from '../scenarios/known-documents.ts'
import { loadOf } from '../scenarios/load-of.ts'
import { mintTokens } from '../scenarios/local-stack.ts'
import { type Plan, planOf } from '../scenarios/plan.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { describeSummary, judge } from '../scenarios/summary.ts'

/** Requests/s, as each user sends one a second: what leaves most of a machine of two cores free for other work. */
const users = 60
const poolSize = 16
/** Interval between samples, in ms. Each collects all garbage of the origin, which takes about a tenth of a second. */
const sampleEveryMs = 10_000
/** Samples between two lines of progress: one in five minutes. */
const tellEverySamples = 30
const seed = 20_261_130
const failedShareMax = 0.001
/** Above this share of refusals, the memory of another load would be measured. */
const shedShareMax = 0.05

await runBench({ bench: 'soak', packages: ['fastify', 'mongodb', 'workerd', 'undici'] }, async (run) => {
  const { progress, quick } = run
  const warmupMs = quick ? 20_000 : 60_000
  const windowMs = quick ? 100_000 : 3_540_000
  const everyMs = quick ? 2_000 : sampleEveryMs
  const path = await startPath(run)
  const scenario = scenarioFor(run, warmupMs + windowMs)
  const plan = await planFor(run, path, scenario)
  progress(`${users} users for ${(warmupMs + windowMs) / 1_000} s, sampled every ${everyMs / 1_000} s`)

  const ending = new AbortController()
  run.closing.defer(() => ending.abort(new Error('stopped')))
  const { edge, server } = path.pids
  const cpuBefore = { edge: cpuTimeMs(edge), server: cpuTimeMs(server), database: cpuTimeMs(path.database) }
  const running = drivePlan(plan, { signal: ending.signal })
  const ended = running.then(() => 'ended' as const)
  // `running` is awaited below; its error must end the processes first.
  ended.catch(() => {})
  // Caches and compiled code reach their size in the first moments; only later growth counts.
  if ((await Promise.race([ended, sleep(warmupMs)])) === 'ended') throw new Error('the load ended too early')
  const samplers = {
    'live memory of the origin': startSampler(() => path.live.readMb(server[0] ?? 0), everyMs),
    'resident memory of the origin': startSampler(() => residentMb(server), everyMs),
    'resident memory of the edge': startSampler(() => residentMb(edge), everyMs),
    'resident memory of the database': startSampler(() => residentMb(path.database), everyMs),
  } as const satisfies Readonly<Record<string, Sampler>>
  // Progress tells what is known: an hour is long, and its end may fail.
  const telling = setInterval(() => progress(describeLast(samplers)), everyMs * tellEverySamples)
  run.closing.defer(() => clearInterval(telling))
  const { summary } = await running
  clearInterval(telling)
  for (const sampler of Object.values(samplers)) await sampler.stop()

  const { total } = summary
  console.log(`\n${describeSummary(summary, judge(total, scenario.thresholds))}`)
  if (total.ok === 0 || total.failed > total.asked * failedShareMax) {
    throw new Error(`${total.failed} of ${total.asked} requests failed: ${JSON.stringify(summary.failures)}`)
  }
  if (total.shed > total.asked * shedShareMax) {
    throw new Error(`${total.shed} of ${total.asked} requests were refused`)
  }
  console.log(`\n${printSamplers(samplers)}`)
  const cpuUs = (name: string, pids: readonly number[], before: number) =>
    `${name} ${figure(((cpuTimeMs(pids) - before) * 1_000) / total.ok)}`
  console.log(
    `\nCPU µs a request, samples of memory included: ${[
      cpuUs('edge', edge, cpuBefore.edge),
      cpuUs('origin', server, cpuBefore.server),
      cpuUs('database', path.database, cpuBefore.database),
    ].join(', ')}`,
  )
  return {
    settings: { users, poolSize, warmupMs, windowMs, sampleEveryMs: everyMs, seed, asked: total.asked },
    rows: Object.entries(samplers).map(([name, sampler]) => ({
      case: `${users} users`,
      subject: name,
      metrics: {
        most: { unit: 'MB', better: 'lower' as const, samples: [sampler.max] },
        growth: { unit: '%', better: 'lower' as const, samples: [orNull(growthPercent(sampler.points))] },
      },
    })),
    series: Object.entries(samplers).map(([name, sampler]) => sampler.series(name, 'MB')),
    bars: [{ bar: bars.soakLiveMemory, value: growthPercent(samplers['live memory of the origin'].points) }],
  }
})

async function startPath(run: Run) {
  const { chosen, closing, progress } = run
  progress('starting database, origin and edge')
  const mongod = await startMeasuredMongod(run)
  const databaseName = `soak_${randomUUID().slice(0, 8)}`
  await seedDocuments({ databaseUri: mongod.uri, databaseName, application: chosen.which })
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const live = await LiveMemory.create()
  closing.use(live)
  const { url, pids } = await startWholePath(run, {
    databaseUri: mongod.uri,
    databaseName,
    poolSize,
    issuer,
    application: chosen.which,
    // One process: the one that is asked for its memory.
    originEnv: { ...live.env, [originEnv.processes]: '1' },
    edgeProcess: { v8Flags: [`--max-heap-size=${isolateHeapMbMax}`] },
  })
  return { url, pids, issuer, live, database: [mongod.pid] }
}

/** Soak of the catalogue with the mix of the application's users, at a rate that a laptop serves beside other work. */
function scenarioFor({ chosen: { application, tools } }: Run, lengthMs: number): Scenario {
  const load = loadOf(application, tools)
  return {
    ...scenarioOf('soak', load),
    shares: load.browse,
    users: [
      { atMs: 0, users },
      { atMs: lengthMs, users },
    ],
  }
}

async function planFor(
  { chosen: { application } }: Run,
  { url: target, issuer }: Awaited<ReturnType<typeof startPath>>,
  scenario: Scenario,
): Promise<Plan> {
  const { resources } = application
  const tokens = await mintTokens(resources, { issuer }, scenario)
  const documents = await learnDocuments({
    target,
    operations: operationsOf(resources, scenario),
    count: scenario.documents,
    headers: { authorization: `Bearer ${tokens[0]}` },
  })
  return planOf(resources, { scenario, scale: 1, seed, target, tokens, documents })
}

const describeLast = (samplers: Readonly<Record<string, Sampler>>): string =>
  Object.entries(samplers)
    .map(([name, { points }]) => `${name} ${figure(points.at(-1)?.[1] ?? Number.NaN)} MB`)
    .join(', ')

/** First sample, mean of each third, highest, and growth from the first third to the last. */
function printSamplers(samplers: Readonly<Record<string, Sampler>>): string {
  const rows = Object.entries(samplers).map(([name, { points, max }]) => {
    const means = meansOfThirds(points).map(figure)
    return [name, figure(points[0]?.[1] ?? Number.NaN), ...means, figure(max), figure(growthPercent(points))]
  })
  return table(['MB', 'first', '1st third', '2nd third', '3rd third', 'most', 'growth %'], rows)
}
