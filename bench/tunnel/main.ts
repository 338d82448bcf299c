import { interleave } from '../measure/rounds.ts'
import { type Findings, type Run, runBench } from '../measure/run.ts'
import type { KindName } from '../simulate/service-times.ts'
import { cases, lowLoads, mixed, mixOfKind, poolSize } from './cases.ts'
import { findCloudflared, howToGetCloudflared, versionOf } from './cloudflared.ts'
import { barsOf, type Compared, compare, type Known, rowsOf } from './compare-case.ts'
import { bindTo, lacksCores, restCore } from './cores.ts'
import { cpuUs, useOf, useRow } from './figures.ts'
import { fitLine } from './line.ts'
import { offerLow, saturate, type Times } from './loads.ts'
import { startPath } from './path.ts'
import { print } from './print.ts'

// The cast is safe: the object has no other keys.
const kinds = Object.keys(mixOfKind) as readonly KindName[]

/**
 * Program: a real `cloudflared` behind a stand-in for Cloudflare. What a request costs it and the other core is given to the
 * simulator, which names the tier that is full first, and the rate; then the same path is filled.
 */
const program = findCloudflared(process.env)
const lacks = program === undefined ? howToGetCloudflared : lacksCores()
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
  const rounds = run.quick ? 1 : 2
  const times: Times = { warmupMs: 1_500, windowMs: run.quick ? 2_500 : 4_000 }
  const path = await startPath(run, file, poolSize)

  run.progress('low loads')
  const byLoad = await interleave(lowLoads, rounds, async (perSecond) =>
    useOf(await offerLow(path, mixed, perSecond, times)),
  )
  const most = lowLoads.at(-1) ?? 0
  const byKind = await interleave(kinds, 1, async (kind) =>
    useOf(await offerLow(path, mixOfKind[kind], most, times)),
  )
  const points = [...byLoad.values()].flat().map((use) => [use.perSecond, use.connector] as const)
  const line = fitLine(points)

  run.progress('all but the connector, until their core is full')
  const whole = useOf(await saturate(path, { mix: mixed, connections: 64 }, times))
  const known: Known = {
    connectorCpuUs: cpuUs(whole),
    originCpuUs: (whole.rest / whole.perSecond) * 1e6,
    poolSize,
  }

  const compared: Compared[] = []
  for (const each of cases) compared.push(await compare({ run, path, known, times, rounds }, each))

  const rows = [
    ...[...byLoad].map(([perSecond, uses]) => useRow('mix', `at ${perSecond}/s`, uses)),
    ...[...byKind].map(([kind, uses]) => useRow(kind, `at ${most}/s`, uses)),
    useRow('mix', 'full', [whole]),
  ]
  print(rows, line, known, compared)
  return {
    settings: {
      cloudflared: versionOf(file),
      protocol: 'http2',
      connectorStandingShare: Math.max(0, line.start),
      connectorLowLoadCpuUs: line.slope * 1e6,
      connectorCpuUs: known.connectorCpuUs,
      originCpuUs: known.originCpuUs,
      rounds,
      poolSize,
      ...times,
    },
    rows: [...rows, ...compared.flatMap(rowsOf)],
    bars: compared.flatMap(barsOf),
  }
}
