import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm'
import { call } from '../runbook/command.ts'
import { groupNamed, noRefresh, replaceOrigins, startedSince } from '../runbook/groups.ts'
import {
  deployedKeys,
  dropKey,
  isUsed,
  keysCommand,
  madeRing,
  mustBeDeployed,
  strayVersion,
  toGo,
  trustKey,
  untilTrustedMs,
  useKey,
} from '../runbook/rings.ts'
import type { Run } from '../runbook/run.ts'
import { Refusal, type Runbook } from '../runbook/runbook.ts'
import { originRings, type RingName } from '../src/keys/key-ring.ts'

const minute = 60_000

/** The input's pattern admits the names of rings alone. */
const ringOf = (run: Run): RingName => originRings.find((name) => name === run.input('ring')) ?? 'purge'
const isPurge = (run: Run): boolean => ringOf(run) === 'purge'

const replace = replaceOrigins('')
const isReplaced = noRefresh(40 * minute)

/** Replaces the origins, unless it was done after a time: the weekly refresh may have. */
const replacedSince = async (run: Run, sinceMs: number) =>
  (await startedSince(run, sinceMs)) ? [] : replace.commands(run)

export const rotateOriginKeys: Runbook = {
  name: 'rotate-origin-keys',
  when: 'A key of the origins has leaked, or is due: the one that signs purges, or the one from which secrets of receivers of webhooks are derived.',
  about:
    'A new key is accepted everywhere, then used, then the old one is forgotten, so no purge is refused and no receiver misses an event. Origins read keys when they start, so they are replaced: purge once, webhook three times. The webhook key is forgotten only when no receiver has a secret of it: after the fourth step, ask their owners to rotate their secrets (POST …/rotate-secret), and run this again. Whoever has a leaked webhook key needs the database, too, to know a secret.',
  inputs: { ring: { says: originRings.join(', '), pattern: new RegExp(`^(${originRings.join('|')})$`) } },
  steps: [
    trustKey(ringOf, {
      precondition: {
        say: "no instance refresh is in progress, and for purges the Worker's newest version is deployed",
        missing: async (run) =>
          (await noRefresh(0).missing(run)) ?? (isPurge(run) ? strayVersion(run) : undefined),
      },
      undo: (run) =>
        `npm run keys -- drop ${ringOf(run)} --stage ${run.stage}, after every origin that uses it was replaced`,
    }),
    {
      say: 'Let all accept it: the Worker that checks purges, the origins that sign for receivers',
      commands: async (run) => {
        if (isPurge(run)) return deployedKeys(run)
        const ring = await madeRing(run, ringOf(run))
        return isUsed(ring) ? [] : replacedSince(run, Math.max(...ring.map(({ trustedAtMs }) => trustedAtMs)))
      },
      check: {
        say: 'all of them have it',
        withinMs: 40 * minute,
        everyMs: minute,
        missing: async (run) => {
          if (isPurge(run)) await mustBeDeployed(run)
          return (await isReplaced.missing(run)) ?? toGo(await untilTrustedMs(run, ringOf(run)))
        },
      },
      undo: () => 'nothing: who accepts a key does not use it',
    },
    useKey(ringOf, (run) => [keysCommand(run, 'use', ringOf(run))]),
    {
      ...replace,
      say: 'Replace the origins, so that all use the new key',
      commands: async (run) => {
        const [first] = await madeRing(run, ringOf(run))
        return replacedSince(run, first?.usedAtMs ?? run.nowMs())
      },
    },
    {
      say: 'Count the receivers that have a secret of the old key',
      precondition: isReplaced,
      commands: async (run) => {
        if (isPurge(run)) return []
        const { Instances = [] } = await groupNamed(run, run.group)
        const instance = Instances.find(({ LifecycleState }) => LifecycleState === 'InService')?.InstanceId
        run.set('instance', instance ?? '')
        return [
          call(
            run.aws.ssm,
            new SendCommandCommand({
              DocumentName: 'AWS-RunShellScript',
              InstanceIds: [instance ?? ''],
              Parameters: { commands: ['bash /opt/spillway/current/instance/script.sh webhooks keys'] },
            }),
            { keep: ({ Command }) => run.set('command', Command?.CommandId ?? '') },
          ),
        ]
      },
      check: {
        say: 'there is none',
        withinMs: 2 * minute,
        missing: async (run) => {
          if (isPurge(run)) return undefined
          const { Status, StandardOutputContent = '' } = await run.aws.ssm.send(
            new GetCommandInvocationCommand({
              ...{ CommandId: run.fact('command'), InstanceId: run.fact('instance') },
            }),
          )
          if (Status === 'Pending' || Status === 'InProgress') return `the command is ${Status}`
          const left = /^old: (\d+)$/m.exec(StandardOutputContent)?.[1]
          if (left === '0') return undefined
          throw new Refusal(
            left === undefined
              ? `the command is ${Status} and does not say how many: ${StandardOutputContent}`
              : `${left} have: when they have rotated their secrets, run this again`,
          )
        },
      },
      undo: () => 'nothing: it only reads',
    },
    dropKey(ringOf),
    {
      say: 'Let all forget the old key',
      commands: (run) => (isPurge(run) ? deployedKeys(run) : replace.commands(run)),
      check: {
        say: 'none of them has it',
        withinMs: 40 * minute,
        missing: async (run) => {
          if (isPurge(run)) await mustBeDeployed(run)
          return isReplaced.missing(run)
        },
      },
      undo: () => 'nothing: the old key is gone',
    },
  ],
  after:
    'Users does not change. If origins log "the edge did not purge" with status 403, they sign with a key that the edge does not have: npm run keys -- send, and deploy the version; the tags are sent again by themselves.',
}
