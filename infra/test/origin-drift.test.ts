import { originEnv } from '@spillway/origin/contract'
import { describe, expect, inject, it } from 'vitest'
import { instanceSettings } from '../src/check/instance-settings.ts'
import { originDrift } from '../src/check/origin-drift.ts'
import { stageNames } from '../src/config.ts'
import { stages } from '../src/stages.ts'

describe('drift between origin and infra', () => {
  const { production } = stages
  const settings = (change: Record<string, string | undefined> = {}) => {
    const map = new Map(instanceSettings(inject('templates'), 'production'))
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) map.delete(name)
      else map.set(name, value)
    }
    return map
  }

  it.each(stageNames)('%s: none', (stage) => {
    expect(originDrift(stages[stage], instanceSettings(inject('templates'), stage))).toEqual([])
  })

  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ['a pool above the share', { [originEnv.poolSize]: '25' }, /allows 96/],
    ['a value that the origin refuses', { [originEnv.logLevel]: 'loud' }, /LOG_LEVEL must be/],
    ['purges that go unencrypted', { [originEnv.edgeUrl]: 'http://api.example.com' }, /EDGE_URL must be/],
    ['purges without an address', { [originEnv.edgeUrl]: undefined }, /EDGE_URL is not set/],
    [
      'a setting by a name that the origin does not read',
      { [originEnv.drainTimeoutMs]: undefined },
      /reads DRAIN/,
    ],
  ])('%s', (_name, change, finding) => {
    const findings = originDrift(production, settings(change))
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatch(finding)
  })
})
