import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('the page of the test kit shows a test of this application as it is', () => {
  const test = readFileSync(join(import.meta.dirname, 'adjust-population.test.ts'), 'utf8')
  expect(readFileSync(join(import.meta.dirname, '../../docs/testing.md'), 'utf8')).toContain(test)
})
