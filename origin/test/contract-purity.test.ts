import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, it } from 'vitest'

const contract = join(import.meta.dirname, '../contract')

/** Both runtimes load the contract, so it may lean on neither. */
it('the contract imports itself and typebox, and nothing that runs it', () => {
  const sources = readdirSync(contract, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  )
  expect(sources.length).toBeGreaterThan(20)
  for (const file of sources) {
    const text = readFileSync(join(contract, file), 'utf8')
    for (const [, target = ''] of text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)) {
      const inside =
        target.startsWith('.') && !relative(contract, join(contract, file, '..', target)).startsWith('..')
      expect(inside || target === 'typebox', `${file} imports ${target}`).toBe(true)
    }
    expect(text, `${file} names a runtime`).not.toMatch(
      /\b(process\.|globalThis\.|Date\.now\(|Math\.random\(|Buffer\b)/,
    )
  }
})
