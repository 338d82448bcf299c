import { join } from 'node:path'
import { worseThan } from '../rollout/compare.ts'
import { figuresQuery, readFigures } from '../rollout/edge-figures.ts'
import { canaryInputs, needCanary } from '../runbook/canary.ts'
import { canaryOfVersion, waitsForCanary } from '../runbook/canary-of-version.ts'
import { wrangler } from '../runbook/command.ts'
import type { Run } from '../runbook/run.ts'
import { Refusal, type Runbook } from '../runbook/runbook.ts'
import { releaseOf } from '../runbook/stacks.ts'
import { deploymentOf, giveTraffic, hasTraffic, mainVersion, versionsOf } from '../runbook/worker.ts'
import { readEdgeEnvironments } from '../src/check/edge-environments.ts'
import { placeholders } from '../src/check/placeholders.ts'

const gradualMs = 10 * 60_000
/** Window of the comparison: since the version has traffic, and not from before. */
const comparedSeconds = 300
/** Moment of a canary. */
const withAll = 'with all traffic'
const fresh = (run: Run): string => run.fact('new version')

async function figuresOf(run: Run) {
  const dataset = readEdgeEnvironments(join(run.root, 'edge')).get(run.stage)?.analyticsDataset
  if (dataset === undefined) throw new Refusal(`the edge of ${run.stage} has no Analytics Engine data set`)
  return readFigures(await run.cloudflare.analytics(figuresQuery(dataset, comparedSeconds)))
}

export const deployEdge: Runbook = {
  name: 'deploy-edge',
  when: 'You deploy the Worker of this checkout: after the origin, so that the edge never asks for what no origin has.',
  about:
    'A tenth of the traffic first, all of it after ten minutes. Meanwhile the errors and the p99 of both versions are compared twice a minute: if the new one is worse, it loses its traffic by itself (infra/rollout/compare.ts). The canary asks the new version with a tenth of the traffic, and with all of it; if it fails twice in a row, that traffic is taken back as well. CLOUDFLARE_API_TOKEN needs Account Analytics: read. For these minutes a user may get answers of both versions; what one stores does not confuse the other. A version with a Durable Object migration cannot go gradually: wrangler deploy it. Wait until npm run migrate -- --plan shows no index to build (deploy-origin).',
  inputs: {
    'at-once': { says: 'yes gives all traffic at once, for a mend', pattern: /^(yes|no)$/, default: 'no' },
    ...canaryInputs,
  },
  look: async (run) => {
    const commit = (await run.ask(['git', 'rev-parse', 'HEAD'])).trim().slice(0, 12)
    const message = `${commit} edge`
    // Asked now, too: a token that may not ask is noticed before a version has traffic.
    if (run.input('at-once') === 'no') await figuresOf(run)
    needCanary(run)
    const deployment = await deploymentOf(run)
    const [latest, before] = (await versionsOf(run)).toReversed()
    const uploaded = latest?.message === message ? latest.id : undefined
    run.set('message', message)
    if (uploaded !== undefined) run.set('new version', uploaded)
    // A run that was cut off may have given all traffic to the new version already.
    run.set('old version', mainVersion(deployment, uploaded) ?? before?.id ?? fresh(run))
  },
  steps: [
    {
      say: 'Upload the version, which gets no traffic yet',
      precondition: {
        say: 'its settings are your own, and the origins run this commit or share its contract',
        missing: async (run) => {
          const environment = readEdgeEnvironments(join(run.root, 'edge')).get(run.stage)
          const [example] =
            environment === undefined ? [`no environment ${run.stage}`] : placeholders(environment)
          if (example !== undefined) return example
          const release = await releaseOf(run)
          const [commit = ''] = run.fact('message').split(' ')
          if (release.startsWith(commit) || run.input('at-once') === 'yes') return undefined
          return `the origins run ${release.slice(0, 12)}: deploy-origin first`
        },
      },
      commands: async (run) => {
        const latest = (await versionsOf(run)).at(-1)
        if (latest?.message === run.fact('message')) return []
        return [
          wrangler(['versions', 'upload', '--message', run.fact('message')], run.stage, (output) => {
            const id = /Worker Version ID: ([0-9a-f-]{36})/.exec(output)?.[1]
            if (id !== undefined) run.set('new version', id)
          }),
        ]
      },
      check: {
        say: 'Cloudflare has it as the newest version',
        missing: async (run) => {
          const latest = (await versionsOf(run)).at(-1)
          return latest?.id === fresh(run) ? undefined : `the newest is ${latest?.id}, ${latest?.message}`
        },
      },
      undo: () => 'nothing: a version without traffic does nothing',
    },
    {
      say: 'Give it a tenth of the traffic',
      commands: async (run) => {
        const { shares } = await deploymentOf(run)
        const isFurther = (shares.get(fresh(run)) ?? 0) >= 10
        if (isFurther || run.input('at-once') === 'yes') return []
        const split = [
          [fresh(run), 10],
          [run.fact('old version'), 90],
        ] as const
        return [giveTraffic(run, split, run.fact('message'))]
      },
      check: {
        say: 'ten minutes have passed with it, and it was not worse than the former version, nor did the canary fail',
        withinMs: gradualMs + 120_000,
        everyMs: 30_000,
        harm: async (run) => {
          if (run.input('at-once') === 'yes') return undefined
          const figures = await figuresOf(run)
          const [mine, former] = [figures.get(fresh(run)), figures.get(run.fact('old version'))]
          return (mine && former && worseThan(mine, former)) ?? canaryOfVersion(run, 'at a tenth', fresh(run))
        },
        missing: async (run) => {
          const { shares, createdAtMs } = await deploymentOf(run)
          const share = shares.get(fresh(run)) ?? 0
          if (share === 100 || run.input('at-once') === 'yes') return undefined
          if (share !== 10) return `it has ${share} %`
          const leftMs = createdAtMs + gradualMs - run.nowMs()
          return leftMs <= 0 ? undefined : `${Math.ceil(leftMs / 60_000)} minutes to go`
        },
      },
      undo: (run) => [giveTraffic(run, [[run.fact('old version'), 100]], 'undo')],
    },
    {
      say: 'Give it all traffic',
      commands: async (run) => {
        const { shares } = await deploymentOf(run)
        return shares.get(fresh(run)) === 100
          ? []
          : [giveTraffic(run, [[fresh(run), 100]], run.fact('message'))]
      },
      check: {
        say: 'it has all traffic, and the canary does not fail',
        withinMs: 120_000,
        everyMs: 20_000,
        harm: (run) => canaryOfVersion(run, withAll, fresh(run)),
        missing: async (run) =>
          (await hasTraffic('', fresh, 100).missing(run)) ?? waitsForCanary(run, withAll),
      },
      undo: (run) => [giveTraffic(run, [[run.fact('old version'), 100]], 'undo')],
    },
  ],
  after:
    'Then npm run contract:diff -- --accept and commit: the next release is compared with this one. Errors by version are in Workers → Metrics; roll-back-edge goes back.',
}
