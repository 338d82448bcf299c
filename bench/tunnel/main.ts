import { interleave } from '../measure/rounds.ts'
import { type Findings, type Run, runBench } from '../measure/run.ts'
import type { KindName } from '../simulate/service-times.ts'
import { cases, lowLoads, mixed, mixOfKind, poolSize } from './cases.ts'
import { findCloudflared, howToGetCloudflared, versionOf } from './cloudflared.ts'
import { barsOf, type Compared, compare, rowsOf } from './compare-case.ts'
import { bindTo, lacksCores, restCore } from './cores.ts'
import { lacksQuota } from './cpu-quota.ts'
import { useOf, useRow } from './figures.ts'
import { fitLine } from './line.ts'
import { offerLow, type Times } from './loads.ts'
import { startPath } from './path.ts'
import { print } from './print.ts'

// The cast is safe: the object has no other keys.
const kinds = Object.keys(mixOfKind) as readonly KindName[]

/**
 * Program: a real `cloudflared` behind a stand-in for Cloudflare. What a request costs it and the other core is given to the
 * simulator, which names the tier that is full first, and the rate; then the same path is filled.
 */
const program = findCloudflared(process.env)
const lacks = program === undefined ? howToGetCloudflared : (lacksCores() ?? lacksQuota())
if (program === undefined || lacks !== undefined) {
  console.error(lacks)
  process.exitCode = 2
} else {
  bindTo(restCore)
  await runBench({ bench: 'tunnel', packages: ['fastify', 'mongodb', 'undici'] }, (run) =>
    measure(run, program),
  )
}

async function measure(run: Run, file: string): Promise<Findings> {
  const rounds = run.quick ? 1 : 5
  const times: Times = { warmupMs: 1_500, windowMs: run.quick ? 2_500 : 4_000 }
  const path = await startPath(run, file, poolSize)

  run.progress('low loads')
  const byLoad = await interleave(lowLoads, run.quick ? 1 : 2, async (perSecond) =>
    useOf(await offerLow(path, mixed, perSecond, times)),
  )
  const most = lowLoads.at(-1) ?? 0
  const byKind = await interleave(kinds, 1, async (kind) =>
    useOf(await offerLow(path, mixOfKind[kind], most, times)),
  )
  const points = [...byLoad.values()].flat().map((use) => [use.perSecond, use.connector] as const)
  const line = fitLine(points)

  const compared: Compared[] = []
  // A slow database leaves the other core idle: the costs are those of the case before.
  for (const each of cases) {
    const known = each.slowerByMs > 0 ? compared.at(-1)?.rounds.at(-1)?.costs : undefined
    compared.push(await compare({ run, path, times, rounds }, each, known))
  }

  const rows = [
    ...[...byLoad].map(([perSecond, uses]) => useRow('mix', `at ${perSecond}/s`, uses)),
    ...[...byKind].map(([kind, uses]) => useRow(kind, `at ${most}/s`, uses)),
  ]
  print(rows, line, compared)
  return {
    settings: {
      cloudflared: versionOf(file),
      protocol: 'http2',
      connectorStandingShare: Math.max(0, line.start),
      connectorLowLoadCpuUs: line.slope * 1e6,
      rounds,
      poolSize,
      ...times,
    },
    rows: [...rows, ...compared.flatMap(rowsOf)],
    bars: compared.flatMap(barsOf),
  }
}
