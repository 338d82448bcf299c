import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleResult } from './example-result.ts'
import { readResults } from './read-results.ts'

describe('results', () => {
  let folder = ''
  let results = ''
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: folder,
      stdio: 'pipe',
    })
  const commit = async (seconds: number) => {
    await writeFile(join(results, 'edge.json'), JSON.stringify(exampleResult({ seconds })))
    git('add', '.')
    git('commit', '-qm', `took ${seconds} s`)
  }
  const secondsIn = async (place: string) => (await readResults(place, folder)).byBench.get('edge')?.seconds

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spillway-compare-'))
    results = join(folder, 'bench/results')
    await mkdir(results, { recursive: true })
    git('init', '-q')
    await writeFile(join(results, 'result.schema.json'), '{}')
    await writeFile(join(results, 'story.json'), '{ "format": "older" }')
    await commit(1)
    await commit(2)
    await writeFile(join(results, 'edge.json'), JSON.stringify(exampleResult({ seconds: 3 })))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('are those of a commit, whatever lies in the folder now', async () => {
    expect(await secondsIn('HEAD~1')).toBe(1)
    expect(await secondsIn('HEAD')).toBe(2)
  })

  it('are those of a file or a folder', async () => {
    expect(await secondsIn(join(results, 'edge.json'))).toBe(3)
    expect(await secondsIn(results)).toBe(3)
  })

  it.each(['HEAD', 'folder'])('name files of another format, in %s', async (place) => {
    const { byBench, unread } = await readResults(place === 'folder' ? results : place, folder)
    expect([...byBench.keys()]).toEqual(['edge'])
    expect(unread).toEqual([expect.stringMatching(/story\.json: not a result/)])
  })

  it.each(['nowhere', '--output=x', 'HEAD:bench'])('refuse %s, which is no place', async (place) => {
    await expect(readResults(place, folder)).rejects.toThrow('neither a file, a folder, nor a commit')
  })
})
