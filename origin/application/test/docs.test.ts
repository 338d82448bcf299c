import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('the page of the test kit shows a test of this application as it is', () => {
  const test = readFileSync(join(import.meta.dirname, 'adjust-population.test.ts'), 'utf8')
  expect(readFileSync(join(import.meta.dirname, '../../docs/testing.md'), 'utf8')).toContain(test)
})

it('the page on machine clients shows the keys of this application as they are', () => {
  const keys = readFileSync(join(import.meta.dirname, '../resources/api-keys.ts'), 'utf8')
  const page = readFileSync(join(import.meta.dirname, '../../../edge/docs/machine-clients.md'), 'utf8')
  expect(page).toContain(keys)
})

it.each(['index.ts', 'server/index.ts'])('the first guide adds to %s, and leaves nothing out', (file) => {
  const guide = readFileSync(join(import.meta.dirname, '../../../infra/guides/get-started.md'), 'utf8')
  const [, shown = ''] = guide.split(`// origin/application/${file}\n`)
  const imports = readFileSync(join(import.meta.dirname, '..', file), 'utf8').match(/^import .*$/gm) ?? []
  expect(imports.length).toBeGreaterThan(0)
  for (const line of imports) expect(shown.split('```')[0]).toContain(line)
})
