/**
 * CPU time that each duty of our contract costs the process of an origin: the required server grows step by step
 * ({@link ./required-steps.ts}), and each step is measured beside the one before and the origin, in turns of a fraction
 * of a second. They share a database, whose CPU time is therefore left out; `bench -- origin` has it.
 */
import { originEnv } from '@spillway/origin/contract'
import type { Credentials } from '../load/credentials.ts'
import { drive } from '../load/drive.ts'
import type { Mix } from '../load/workload.ts'
import { runBench } from '../measure/run.ts'
import { median, spreadPercent, summarize } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { copyPlaces, type PeerName, startPeer } from '../peers/start-peer.ts'
import { rowOf, type Sample, sampleOf } from './cpu-per-request.ts'
import { nineReads } from './nine-reads.ts'
import { requiredSteps, requiredUpTo } from './required-steps.ts'
import { setStage } from './stage.ts'

const loads: Readonly<Record<string, Mix>> = {
  read: { read: 1 },
  list: { list: 1 },
  create: { create: 1 },
  update: { update: 1 },
  mixed: nineReads,
}
const poolSize = 16
const connections = 64

interface Subject {
  readonly name: string
  readonly target: string
  readonly credentials: Credentials
  readonly watched: { readonly server: readonly number[] }
}

const subjectsOfRun = Object.keys(loads)

await runBench(
  { bench: 'origin-steps', packages: ['fastify', 'mongodb'], subjects: subjectsOfRun },
  async (run) => {
    const floor: PeerName = 'least server'
    const { database, edgeKeys, ids, peers, spillway } = await setStage(run, { peers: [floor], poolSize })
    const subjectOf = ({ name, url, credentials, pids }: (typeof peers)[number]): Subject => ({
      ...{ name, target: url, credentials, watched: { server: pids } },
    })
    const subjects = peers.map(subjectOf)
    for (const step of Object.keys(requiredSteps)) {
      run.progress(`starting the server up to '${step}'`)
      const databaseName = `${spillway.databaseName}_${step}`
      await copyPlaces(database.uri, spillway.databaseName, databaseName)
      const env = { [originEnv.edgeKeys]: edgeKeys, [requiredUpTo]: step }
      const peer = await startPeer('required server', {
        databaseUri: database.uri,
        databaseName,
        poolSize,
        env,
      })
      run.closing.defer(() => peer.stop())
      const { credentials } = spillway
      subjects.push({ name: `+ ${step}`, target: peer.url, credentials, watched: { server: [peer.pid] } })
    }
    subjects.push(subjectOf(spillway))

    const rounds = run.quick ? 3 : 8
    const turnMs = 125
    // Hot paths take seconds to be compiled, those of our origin longest.
    const warm = { turnMs, warmupMs: 0, windowMs: run.quick ? 2_000 : 4_000 }
    const times = { turnMs, warmupMs: 125, windowMs: 1_000 }
    const rows: ReturnType<typeof rowOf>[] = []
    for (const [load, mix] of Object.entries(loads)) {
      if (run.only !== undefined && load !== run.only) continue
      const samples: Sample[][] = subjects.map(() => [])
      // The first round warms the servers up with this load.
      for (let round = -1; round < rounds; round++) {
        run.progress(`${load}, round ${round}`)
        const loops = subjects.map((subject) => ({
          ...subject,
          ids,
          connections,
          mix,
          seed: 20_261_130 + round,
        }))
        const reports = await drive({ kind: 'turns', loops, ...(round < 0 ? warm : times) })
        for (const [i, report] of reports.entries()) {
          if (round >= 0) samples[i]?.push(sampleOf(report, `${subjects[i]?.name}, ${load}`))
        }
      }
      const costs = samples.map((list) => list.map(({ server }) => server))
      const lines = subjects.map(({ name }, i) => {
        rows.push(rowOf(load, name, samples[i] ?? []))
        const cost = costs[i] ?? []
        const more = median(cost.map((value, round) => value - (costs[i - 1]?.[round] ?? value)))
        const share = median(cost.map((value, round) => value / (costs.at(-1)?.[round] ?? Number.NaN)))
        const spread = `±${spreadPercent(summarize(cost)).toFixed(0)} %`
        return [name, figure(median(cost)), spread, i === 0 ? '' : figure(more), share.toFixed(2)]
      })
      console.log(`\n${table([load, 'CPU µs', 'spread', 'more', 'of ours'], lines)}`)
    }
    console.log('\nCPU µs of the process a request. Medians; more: than the line above, in the same round.')
    return { settings: { rounds, ...times, poolSize, connections, documents: ids.length }, rows, bars: [] }
  },
)
