import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { pipelines } from '../src/app.ts'
import { pageStages } from '../src/site.ts'

it('asks the stages that the README lists, in its order', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const [, table = ''] = readme.split('| kind | stages |\n|---|---|\n')
  const [rows = ''] = table.split('\n\n')
  const listed = rows.split('\n').map((row) => {
    const [, kind = '', stages = ''] = row.split('|').map((cell) => cell.trim())
    return [kind, [...stages.matchAll(/`(\w+)`/g)].map(([, name]) => name)]
  })
  const asked = Object.entries({ ...pipelines, 'a page in `site`': pageStages }).map(([kind, stages]) => [
    kind,
    stages.map(({ name }) => name),
  ])
  expect(Object.fromEntries(asked)).toEqual(Object.fromEntries(listed))
})
