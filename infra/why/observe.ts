import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ControlEntry, edgeHealthPath, opsPaths } from '@spillway/origin/contract'
import { edgeSigns, type LogLine, type Periods, parseLog } from './edge-log.ts'
import { originMetrics, parseScrape, type Scrape } from './origin-metrics-text.ts'
import { calmOrigin, type EdgeSigns, type OriginSigns, type Signs } from './signs.ts'

/** Addresses and files by which a stack on this machine can be observed. */
export interface Places {
  readonly edgeUrl: string
  readonly originUrls: readonly string[]
  /** Key sets of the token issuers. */
  readonly keySetUrls: readonly string[]
  readonly edgeLog: string
  /** Log files of the origins, in the order of `originUrls`. @default none */
  readonly originLogs?: readonly string[]
  /** Base URLs by which the edge reaches the origins, where they differ from `originUrls`. @default none */
  readonly wayUrls?: readonly string[]
  /** Reads the switches that the edge obeys. @default none */
  readonly control?: () => Promise<readonly ControlEntry[]>
}

/** Time for each question, in ms. */
const askMs = 3_000

/**
 * Observes a stack.
 *
 * @returns its signs, and the lines of the edge's log that they come from
 * @param scrapesMs time between the two scrapes of each origin
 */
export async function observe(
  places: Places,
  { scrapesMs, ...periods }: Periods & { readonly scrapesMs: number },
): Promise<{ readonly signs: Signs; readonly lines: readonly LogLine[] }> {
  const nowMs = Date.now()
  const { wayUrls = [], originLogs = [], control = async () => [] } = places
  const [isReachable, origins, issuers, ways, switches] = await Promise.all([
    answers(places.edgeUrl + edgeHealthPath),
    Promise.all(places.originUrls.map((url, index) => observeOrigin(url, scrapesMs, originLogs[index]))),
    Promise.all(
      places.keySetUrls.map(async (url) => ({ name: new URL(url).origin, isReachable: await answers(url) })),
    ),
    Promise.all(
      wayUrls.map(async (url) => ({ name: `the way ${url}`, isOpen: await answers(url + opsPaths.live) })),
    ),
    control(),
  ])
  // Read last: a question to the edge may have been refused just now.
  const lines = parseLog(await readFile(places.edgeLog, 'utf8').catch(() => ''))
  const edge: EdgeSigns = { isReachable, ...edgeSigns(lines, nowMs, periods) }
  return { signs: { edge, origins, issuers, ways, control: switches }, lines }
}

async function observeOrigin(url: string, scrapesMs: number, log: string | undefined): Promise<OriginSigns> {
  const before = await scrape(url)
  if (before !== undefined) await sleep(scrapesMs)
  const [after, failing] = await Promise.all([scrape(url), failingChecks(url)])
  if (before === undefined || after === undefined)
    return { ...calmOrigin, name: url, isLive: false, failing: await stopSign(log) }
  return { name: url, isLive: true, failing, ...originMetrics(before, after) }
}

/** Whether an origin that does not answer was told to stop: it has closed its port before it has ended. */
async function stopSign(log: string | undefined): Promise<Record<string, string>> {
  const text = log === undefined ? '' : await readFile(log, 'utf8').catch(() => '')
  const isStopping = text.lastIndexOf('"msg":"draining"') > text.lastIndexOf('"msg":"listening"')
  return isStopping ? { drain: 'it was told to stop, by its log' } : {}
}

async function scrape(url: string): Promise<Scrape | undefined> {
  const text = await ask(url + opsPaths.metrics)
  return text === undefined ? undefined : parseScrape(text)
}

async function failingChecks(url: string): Promise<Record<string, string>> {
  const text = (await ask(url + opsPaths.ready)) ?? '{}'
  // The cast is safe: the origin answers in this form.
  const { checks = {} } = JSON.parse(text) as { checks?: Record<string, { ok: boolean; reason?: string }> }
  const failing = Object.entries(checks).filter(([, { ok }]) => !ok)
  return Object.fromEntries(failing.map(([name, { reason = 'fails' }]) => [name, reason]))
}

/** The body of an answer, whatever its status; `undefined` if there is none in time. */
async function ask(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(askMs) })
    return await answer.text()
  } catch {
    return undefined
  }
}

const answers = async (url: string): Promise<boolean> => (await ask(url)) !== undefined
