import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sloOf } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { analyticsColumns } from '../../edge/src/observe/analytics-columns.ts'
import { readInstanceFile } from '../src/instance-files.ts'
import { stages } from '../src/stages.ts'
import { dashboardFiles } from './files.ts'
import { grafanaDashboard } from './grafana.ts'

const read = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')
const files = dashboardFiles(sloOf())

describe('the files', () => {
  // The limits of latency in them are the application's own, and replaced by the defaults to compare.
  it.each(Object.entries(files))('%s is what the code makes: node infra/dashboards/main.ts', (name, text) => {
    const comparable = (content: string) =>
      name.endsWith('.json') ? JSON.parse(content) : content.replaceAll(/', \d+, /g, "', MS, ")
    expect(comparable(read(name))).toEqual(comparable(text))
  })

  it('name no column that the edge does not write', () => {
    const known = new Set<string>(Object.values(analyticsColumns))
    for (const [name, text] of Object.entries(files)) {
      const named = text.match(/\b(?:blob|double|index)\d+\b/g) ?? []
      expect(named.length, name).toBeGreaterThan(0)
      expect(
        named.filter((column) => !known.has(column)),
        name,
      ).toEqual([])
    }
  })
})

describe('the dashboard', () => {
  const metrics = grafanaDashboard().panels.flatMap(({ targets }) =>
    targets.flatMap(({ metricName }) => (metricName === undefined ? [] : [String(metricName)])),
  )

  // The agents' lists are compared with the metrics of a running origin in `test/origin-unit.test.ts`.
  it('shows every metric that the agents forward, and no other', () => {
    const forwarded = ['cloudwatch-agent.json', 'tunnel/cloudwatch-agent.json'].flatMap((file) =>
      [...readInstanceFile(file).matchAll(/"\^((?:origin|cloudflared)_\w+)\$"/g)].map(([, name]) =>
        String(name),
      ),
    )
    expect(new Set(metrics)).toEqual(new Set(forwarded))
  })

  it('has each stage to choose, and its data set', () => {
    const { list } = grafanaDashboard().templating
    const choices = (name: string) => list.find((each) => each.name === name)?.query.split(',')
    expect(choices('stage')?.toSorted()).toEqual(Object.keys(stages).toSorted())
    expect(choices('dataset')).toHaveLength(Object.keys(stages).length)
  })
})
