import { join } from 'node:path'
import { rankedOrigins } from '@spillway/origin/contract'
import type { Run } from '../runbook/run.ts'
import { Refusal, type Runbook } from '../runbook/runbook.ts'
import { readEdgeEnvironments } from '../src/check/edge-environments.ts'

const tagsOf = (run: Run): readonly string[] => run.input('tags').split(',')

/** The stamps of stored answers have the host of the first origin, so its zone's purge reaches them (edge/src/cache/README.md). */
function settings(run: Run): { readonly host: string; readonly zoneId: unknown } {
  const { vars = {} } = readEdgeEnvironments(join(run.root, 'edge')).get(run.stage) ?? {}
  const [[first = ''] = []] = rankedOrigins(String(vars.ORIGINS ?? ''))
  return { host: URL.parse(first)?.hostname ?? '', zoneId: vars.ZONE_ID }
}

/** Age of the answer that the edge gives now, in seconds; 0 for one that is not stored. */
async function ageOf(url: string): Promise<number> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  await response.arrayBuffer()
  return Number(response.headers.get('age') ?? 0)
}

export const purgeAnswers: Runbook = {
  name: 'purge-answers',
  when: 'A stored answer is wrong, or must not be shown any more, and its lifetime is too long to wait for.',
  about:
    'Purges by tag, in every data centre. Tags: RESOURCE:ID is a document, group/RESOURCE all answers of a resource. Writes purge by themselves: this is for data that came into the database past the API, or for an answer that a bad release has stored. After group/RESOURCE of a busy resource every read is a miss for a moment: emergency-shed background first. If the answer is private data of somebody, first take away its cause.',
  inputs: {
    tags: {
      says: 'tags with commas between, at most 100',
      pattern: /^[\x21-\x2b\x2d-\x7e]+(,[\x21-\x2b\x2d-\x7e]+){0,99}$/,
    },
    url: {
      says: 'an address that anybody may read and that had the answer, to see that it is gone; or none',
      pattern: /^(none|https?:\/\/\S+)$/,
      default: 'none',
    },
  },
  steps: [
    {
      say: 'Purge the tags',
      commands: async (run) => {
        const { host, zoneId } = settings(run)
        // Only then have stored answers what the purge removes.
        if (zoneId === undefined)
          throw new Refusal(
            'the Worker has no ZONE_ID, so its stored answers know no purge of the zone; rotate-edge-keys --ring cache makes it find none of them',
          )
        const zone = await run.cloudflare.zoneOf(host)
        if (zone.id !== zoneId)
          throw new Refusal(`ZONE_ID of the Worker is ${zoneId}, and that of its first origin ${zone.id}`)
        run.set('purged at', String(run.nowMs()))
        return [run.cloudflare.change('POST', `/zones/${zone.id}/purge_cache`, { tags: tagsOf(run) })]
      },
      check: {
        say: 'Cloudflare has accepted it, and the address, if one was given, has a new answer',
        withinMs: 60_000,
        missing: async (run) => {
          if (run.input('url') === 'none') return undefined
          const ageMs = (await ageOf(run.input('url'))) * 1_000
          // Whole seconds: an answer of the same second is new.
          return ageMs <= run.nowMs() - Number(run.fact('purged at')) + 1_000
            ? undefined
            : `its answer is ${ageMs / 1_000} s old`
        },
      },
      undo: () => 'nothing: the next read stores a new answer',
    },
  ],
  after:
    'Other data centres within seconds, memories of isolates a second later. Users: misses of the resource, as after its start. A reader that has the answer keeps it for its max-age.',
}
