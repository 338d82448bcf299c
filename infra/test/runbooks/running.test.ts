import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SendCommandCommand } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, expect } from 'vitest'
import { call } from '../../runbook/command.ts'
import { purgeAnswers } from '../../runbooks/purge-answers.ts'
import { restartAgents } from '../../runbooks/restart-agents.ts'
import { runawayCost } from '../../runbooks/runaway-cost.ts'
import { proves, withStep } from './prove.ts'
import type { World } from './world.ts'

/** The edge, with one stored answer whose age it tells. */
let edge: Server
let ageSeconds = 0
beforeAll(async () => {
  edge = createServer((_request, response) => {
    response.setHeader('age', String(ageSeconds)).end('{}')
  })
  await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve))
})
afterAll(() => new Promise((resolve) => edge.close(resolve)))
const url = () => `http://127.0.0.1:${(edge.address() as AddressInfo).port}/v1/places/x`

const tags = ['places:x', 'group/trips']

proves(purgeAnswers, {
  inputs: { tags: tags.join() },
  inputsIn: () => ({ url: url() }),
  arrange: () => {
    ageSeconds = 0
  },
  repeats: 'each run purges',
  expect: (world) => expect(world.cloudflare.zone.purges).toEqual([{ tags }]),
  bugs: [
    {
      what: 'tags in one text',
      in: withStep(1, () => ({
        commands: (run) => [
          run.cloudflare.change('POST', '/zones/another/purge_cache', { tags: run.input('tags') }),
        ],
      })),
      noticed: /not an operation here/,
    },
    {
      what: 'nothing is purged, and the answer stays',
      in: withStep(1, () => ({
        commands: (run) => {
          ageSeconds = 3_000
          run.set('purged at', String(run.nowMs()))
          return []
        },
      })),
      noticed: /has a new answer: its answer is 3000 s old/,
    },
  ],
})

proves(
  { ...purgeAnswers, name: 'purge-answers, of a Worker that purges no zone' },
  {
    isVariant: true,
    inputs: { tags: tags.join() },
    expect: (world) => expect(world.cloudflare.zone.purges).toHaveLength(1),
    bugs: [
      {
        what: 'without ZONE_ID',
        in: (runbook) => ({
          ...runbook,
          look: async (run) => {
            Object.assign(run, { stage: 'staging' })
          },
        }),
        noticed: /the Worker has no ZONE_ID.*rotate-edge-keys --ring cache/,
      },
    ],
  },
)

const limited = (world: World, requests_per_period: number) =>
  world.cloudflare.zone.rulesets.set('http_ratelimit', {
    id: 'f'.repeat(32),
    rules: [
      {
        ...{ id: 'e'.repeat(32), ref: 'spillway_production_rate', action: 'block', enabled: true },
        expression: '(http.host in {"api.acme.test"})',
        ratelimit: {
          ...{ characteristics: ['ip.src', 'cf.colo.id'], period: 10, mitigation_timeout: 10 },
          requests_per_period,
        },
      },
    ],
  })
const limitOf = (world: World) =>
  world.cloudflare.zone.rulesets.get('http_ratelimit')?.rules.map(({ ratelimit }) => ratelimit)
const origins = (world: World) => world.aws.autoscaling.group('spillway-origin-production')

proves(runawayCost, {
  inputs: { requests: '200' },
  arrange: (world) => {
    limited(world, 5_000)
    Object.assign(origins(world), { min: 9, desired: 9 })
  },
  expect: (world) => {
    expect(limitOf(world)).toEqual([expect.objectContaining({ requests_per_period: 200 })])
    expect(origins(world)).toMatchObject({ min: 3 })
  },
  bugs: [
    {
      what: 'the rule of another zone',
      in: withStep(1, () => ({
        commands: (run) => [run.cloudflare.change('PATCH', '/zones/another/rulesets/1/rules/2', {})],
      })),
      noticed: /not an operation here/,
    },
    {
      what: 'the rule is not changed',
      in: withStep(1, () => ({ commands: () => [] })),
      noticed: /the rule reads back as it was set: it is 5000/,
    },
    {
      what: 'more than now',
      in: (runbook) => ({
        ...runbook,
        look: async (run) => {
          await runbook.look?.(run)
          const { input } = run
          run.input = (name) => (name === 'requests' ? '9000' : input.call(run, name))
        },
      }),
      noticed: /it is lower than now: it is 5000 already/,
    },
  ],
})

proves(restartAgents, {
  inputs: {},
  repeats: 'each run restarts them',
  expect: (world) => {
    const [sent] = world.aws.systems.sent
    expect(sent?.targets).toHaveLength(3)
    expect(sent?.input.MaxConcurrency).toBe('1')
  },
  bugs: [
    {
      what: 'all at once',
      in: withStep(1, () => ({
        commands: ({ aws, group }) => [
          call(
            aws.ssm,
            new SendCommandCommand({
              DocumentName: 'AWS-RunShellScript',
              Targets: [{ Key: 'tag:aws:autoscaling:groupName', Values: [group] }],
              Parameters: { commands: ['true'] },
            }),
          ),
        ],
      })),
      noticed: /all of spillway-origin-production stop at once/,
    },
    {
      what: 'a group that does not exist',
      in: withStep(1, () => ({
        precondition: { say: '', missing: async () => undefined },
        commands: (run) => [
          call(
            run.aws.ssm,
            new SendCommandCommand({
              DocumentName: 'AWS-RunShellScript',
              Targets: [{ Key: 'tag:aws:autoscaling:groupName', Values: ['origin'] }],
              MaxConcurrency: '1',
              Parameters: { commands: ['true'] },
            }),
            { keep: ({ Command }) => run.set('command', Command?.CommandId ?? '') },
          ),
        ],
      })),
      noticed: /0 of 3 have|all of origin stop at once/,
    },
  ],
})
