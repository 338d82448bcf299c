import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StageConfig } from '../src/config.ts'
import type { MongoDbSettings } from '../src/database-settings.ts'
import { spillwayApp } from '../src/spillway-app.ts'
import { stages } from '../src/stages.ts'
import { withoutCdkChecks } from './support/without-cdk-checks.ts'

const database: MongoDbSettings = {
  kind: 'mongodb',
  limits: { atlas: 'M40' },
  instances: 3,
  hosts: 'cluster0.abcde.mongodb.net',
  networks: ['192.168.248.0/21'],
  protected: true,
}
const stageWith = (change: Partial<MongoDbSettings> = {}): StageConfig => ({
  ...stages.production,
  database: { ...database, ...change },
})

let outdir: string
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'spillway-mongodb-'))
})
afterAll(() => rmSync(outdir, { recursive: true, force: true }))

describe('a stage whose database is MongoDB', () => {
  it('creates no cluster, no backups and no alarms on them, and leads the origins to its members alone', () => {
    spillwayApp([stageWith()], { outdir, ...withoutCdkChecks }).synth()
    // The cast is safe: the CDK writes templates in this form.
    const resources = (stack: string) =>
      Object.values(
        JSON.parse(readFileSync(join(outdir, `spillway-production-${stack}.template.json`), 'utf8'))
          .Resources,
      ) as { readonly Type: string; readonly Properties: Record<string, unknown> }[]
    const types = ['network', 'data', 'origin'].flatMap((stack) => resources(stack).map(({ Type }) => Type))
    expect(types.filter((type) => /DocDB|Backup|RotationSchedule/.test(type))).toEqual([])
    const metrics = JSON.stringify(
      resources('origin').filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm'),
    )
    expect(metrics).toContain('AWS/ApplicationELB')
    expect(metrics).not.toContain('AWS/DocDB')

    const rules = JSON.stringify(resources('network'))
    expect(rules).toContain('"CidrIp":"192.168.248.0/21"')
    const settings = JSON.stringify(
      resources('origin').filter(({ Type }) => Type === 'AWS::EC2::LaunchTemplate'),
    )
    expect(settings).toContain('DATABASE_SCHEME=mongodb+srv')
    expect(settings).toContain('DATABASE_HOST=cluster0.abcde.mongodb.net')
    expect(settings).toContain('DATABASE_OPTIONS=tls=true&authSource=admin&retryWrites=true')
  })

  it.each<[string, Partial<MongoDbSettings>, RegExp]>([
    [
      'whose tier has too few connections',
      { limits: { atlas: 'M10' } },
      /connection budget broken[\s\S]*Atlas M20 is the smallest that fits/,
    ],
    ['whose members allow too few', { limits: { connections: 500 } }, /raise net\.maxIncomingConnections/],
  ])('%s is not synthesized', (_, change, words) => {
    expect(() => spillwayApp([stageWith(change)], { outdir, ...withoutCdkChecks }).synth()).toThrow(words)
  })

  it('with mistakes in its settings is refused with all of them', () => {
    const wrong = stageWith({ replicaSet: 'rs0', networks: ['0.0.0.0/0'], instances: 1 })
    expect(() => spillwayApp([wrong], { outdir })).toThrow(
      /SRV record[\s\S]*not the whole internet[\s\S]*cannot fail over/,
    )
  })
})
