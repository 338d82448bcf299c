import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commitOf, noCheckout } from './commit.ts'

describe('the commit of a checkout', () => {
  let folder = ''
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: folder,
      stdio: 'pipe',
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spillway-commit-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is said to be missing outside of one', () => expect(commitOf(folder)).toBe(noCheckout))

  it('has twelve digits, also after a bench has written its result, its page and a figure', async () => {
    git('init', '-q')
    const output = ['bench/results/edge.json', 'bench/report/index.html', 'bench/report/edge.svg']
    for (const path of ['bench/edge/main.ts', 'bench/report/page.ts', ...output]) await write(path, 'old')
    git('add', '.')
    git('commit', '-qm', 'first')
    for (const path of output) await write(path, 'new')
    expect(commitOf(join(folder, 'bench'))).toMatch(/^[0-9a-f]{12}$/)
  })

  it.each(['bench/edge/main.ts', 'bench/report/page.ts'])('is marked after a change of %s', async (path) => {
    await write(path, 'new')
    expect(commitOf(join(folder, 'bench'))).toMatch(/^[0-9a-f]{12}-dirty$/)
    await write(path, 'old')
  })
})
