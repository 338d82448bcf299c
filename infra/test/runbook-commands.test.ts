import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { commandsWith, shellBlocks } from './support/runbooks.ts'

describe('the shell blocks of the guides', () => {
  it.each(shellBlocks)('$runbook: a block can be pasted', ({ text }) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    // A shell reads `<name>` as a redirection; a guide sets a variable instead.
    expect(text).not.toMatch(/<[a-z][^<>\n]*>/)
    // Blocks are pasted into one shell, in any order, at the root of the checkout.
    expect(text).not.toMatch(/^\s*cd |&& cd /m)
  })

  it('use the command lines of the lockfile', () => {
    for (const { command } of commandsWith('npx '))
      expect(command).toMatch(/npx -w (infra cdk|edge wrangler) /)
  })

  it('deploy only the stacks that they name', () => {
    for (const { command } of commandsWith('cdk deploy')) expect(command).toContain(' --exclusively ')
  })
})
