import { join } from 'node:path'
import { connectionBudget } from '../capacity.ts'
import { connectionDemand, databaseCapacity, type StageConfig } from '../config.ts'
import { spillwayApp } from '../spillway-app.ts'
import { stages } from '../stages.ts'
import type { Check } from './finding.ts'
import { run } from './run.ts'

const infraFolder = join(import.meta.dirname, '..', '..')

/** Runs `npm run synth` as on a fresh machine: in its own process, without account and region. */
export function checkSynth(): Check & { readonly seconds: number } {
  const started = performance.now()
  const { AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION, ...env } = process.env
  const { status, output } = run(process.execPath, ['bin/app.ts'], { cwd: infraFolder, env })
  const seconds = (performance.now() - started) / 1_000
  return {
    name: 'synth, with cdk-nag and our own rules',
    findings: status === 0 ? [] : [output],
    note: `${seconds.toFixed(1)} s`,
    seconds,
  }
}

/** The smallest overrun of the connection budget that stops a synthesis of production, and the message. */
export function connectionsThatStopSynth(outdir: string): {
  readonly connections: number
  readonly message: string
} {
  const { production } = stages
  const { spare } = connectionBudget(databaseCapacity(production), connectionDemand(production))
  for (const connections of [0, 1, 2]) {
    const headroom = production.connections.headroom + spare + connections
    const config: StageConfig = { ...production, connections: { ...production.connections, headroom } }
    try {
      spillwayApp([config], { outdir }).synth()
    } catch (error) {
      return { connections, message: String(error) }
    }
  }
  return { connections: Number.POSITIVE_INFINITY, message: 'nothing stopped it' }
}
