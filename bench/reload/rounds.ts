import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCheckout } from '@spillway/infra/local/start-process'
import type { Child } from '@spillway/origin/dev/child'

/** Mistakes on the way from one definition to the next. */
export type Mistake = 'syntax' | 'definition' | 'missing-module' | 'throws'

export interface Round {
  readonly mistake: Mistake
  /** Time from the mistake to its fix, ms; `told`: after `npm start` has reported the mistake. */
  readonly mendAfterMs: number | 'told'
}

const resourceFile = 'origin/application/places.ts'
const reloadTimeoutMs = 120_000

/** `npm start` in a copy of the checkout with the application of the framework's tests, whose file is edited. */
export interface Started {
  /**
   * Saves the mistake, fixes it after a delay with a larger page size, and returns whether both tiers accept that size.
   *
   * @param pageSizeMax larger than in any round before
   */
  play(round: Round, pageSizeMax: number): Promise<boolean>
  output(): string
  stop(): Promise<void>
}

/** @param folder of a copy of the checkout */
export async function startCopy(folder: string): Promise<Started> {
  await takeFixture(folder)
  const { child, edgeUrl, output } = await startCheckout(folder, folder)

  const file = join(folder, resourceFile)
  const original = await readFile(file, 'utf8')
  return {
    async play({ mistake, mendAfterMs }, pageSizeMax) {
      await writeFile(file, withMistake(original, mistake))
      if (mendAfterMs === 'told') await until(() => output().includes('Not reloaded'), reloadTimeoutMs, child)
      else await sleep(mendAfterMs)
      await writeFile(file, original.replace('max: 100 }', `max: ${pageSizeMax} }`))
      return await until(() => takes(edgeUrl, pageSizeMax), reloadTimeoutMs, child).then(
        () => true,
        () => false,
      )
    },
    output,
    async stop() {
      await child.stop()
    },
  }
}

async function takeFixture(folder: string): Promise<void> {
  const application = join(folder, 'origin/application')
  await rm(application, { recursive: true })
  const isDefinition = (path: string) => !path.endsWith('main.ts')
  await cp(join(folder, 'origin/test/fixture'), application, { recursive: true, filter: isDefinition })
  await writeFile(join(application, 'index.ts'), "export { application } from './application.ts'\n")
  await mkdir(join(application, 'server'))
  await writeFile(join(application, 'server/index.ts'), "export { server } from '../server.ts'\n")
  await writeFile(join(application, 'tools.ts'), 'export const tools = {}\n')
}

function withMistake(source: string, mistake: Mistake): string {
  switch (mistake) {
    case 'syntax':
      return source.replace("priority: 'normal',", "priority: 'normal'',")
    case 'definition':
      return source.replace("filter: ['countryCode'", "filter: ['country'")
    case 'missing-module':
      return `import './not-there.ts'\n${source}`
    case 'throws':
      return `${source}\nthrow new Error('not today')\n`
  }
}

/** Both tiers check a list by their own contract: a tier with the old one refuses the page size. */
async function takes(edgeUrl: string, limit: number): Promise<boolean> {
  try {
    const answer = await fetch(`${edgeUrl}/v2/places?limit=${limit}`, { signal: AbortSignal.timeout(2_000) })
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    return false
  }
}

async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  { exited }: Child,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!(await condition())) {
    const exit = await Promise.race([exited, sleep(100)])
    if (exit) throw new Error(`npm start ended with code ${exit.code}`)
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs / 1000} s`)
  }
}
