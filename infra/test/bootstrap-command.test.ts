import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const bootstrap = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '..', 'bootstrap', 'main.ts'), ...words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  })

it('bootstrap names what is missing in a call', () => {
  const wrong = bootstrap(['--stage', 'prod', '--yes'])
  expect(wrong.status).toBe(2)
  expect(wrong.stderr).toContain('--stage must be one of dev, staging, production')
})

it('bootstrap refuses the examples of this repository, each by its file', () => {
  const env = { AWS_REGION: 'us-east-1', CLOUDFLARE_API_TOKEN: 'x', CLOUDFLARE_ACCOUNT_ID: 'x' }
  const { status, stderr } = bootstrap(['--stage', 'production', '--yes'], env)
  expect(status).toBe(2)
  expect(stderr).toContain('edge/wrangler.jsonc: ORIGINS names origin-1.example.com')
  expect(stderr).toContain('infra/src/team.ts: alertEmail is alerts@example.com')
  // Bootstrap puts its id in.
  expect(stderr).not.toContain('CONTROL')
})
