import { program } from '../runbook/command.ts'
import { groupNamed, inService } from '../runbook/groups.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

/** The SDK's packages have no client of it that all registries carry, so this uses AWS's command line. */
const shift = (run: Run) => ['aws', 'arc-zonal-shift', '--region', run.region] as const

interface Shift {
  readonly zonalShiftId: string
  readonly resourceIdentifier: string
  readonly awayFrom: string
}

const itemsOf = async <T>(run: Run, list: string): Promise<readonly T[]> =>
  // The cast: the operations that are asked for list what the caller names.
  (JSON.parse(await run.ask([...shift(run), list, '--output', 'json'])) as { readonly items: readonly T[] })
    .items

/** The balancer and the groups of the stage. */
async function resources(run: Run): Promise<readonly string[]> {
  const items = await itemsOf<{ readonly arn: string; readonly name: string }>(run, 'list-managed-resources')
  return items.filter(({ name, arn }) => `${name} ${arn}`.includes('spillway')).map(({ arn }) => arn)
}

const shifted = async (run: Run): Promise<readonly Shift[]> =>
  (await itemsOf<Shift>(run, 'list-zonal-shifts')).filter(({ awayFrom }) => awayFrom === run.input('zone'))

export const leaveZone: Runbook = {
  name: 'leave-zone',
  when: 'One zone of the region fails now and then. (One that is down needs nothing: every tier runs in three.)',
  about:
    'The balancer sends nothing there, and the groups launch nothing there. Suspending AZRebalance would not do it: a growing group still launches in the zone with the fewest instances. Needs the AWS command line. The shift ends by itself.',
  inputs: {
    zone: {
      says: 'id of the sick zone, not its name: aws ec2 describe-availability-zones',
      pattern: /^[a-z]{3,4}\d-az\d$/,
    },
    hours: { says: 'hours until it ends', pattern: /^([1-9]|[1-6]\d|7[0-2])$/, default: '6' },
  },
  steps: [
    {
      say: 'Shift the balancer and the groups away from the zone',
      precondition: {
        say: 'two zones can carry the load',
        missing: async (run) => {
          const ready = inService(await groupNamed(run, run.group))
          return ready >= 3 ? undefined : `${ready} origins are in service: scale-out first`
        },
      },
      commands: async (run) => {
        const there = new Set((await shifted(run)).map(({ resourceIdentifier }) => resourceIdentifier))
        return (await resources(run))
          .filter((arn) => !there.has(arn))
          .map((arn) =>
            program([
              ...shift(run),
              ...['start-zonal-shift', '--resource-identifier', arn, '--away-from', run.input('zone')],
              ...['--expires-in', `${run.input('hours')}h`, '--comment', 'sick zone'],
            ]),
          )
      },
      check: {
        say: 'all of them are shifted',
        missing: async (run) => {
          const there = (await shifted(run)).map(({ resourceIdentifier }) => resourceIdentifier)
          const all = await resources(run)
          run.set('shifts', (await shifted(run)).map(({ zonalShiftId }) => zonalShiftId).join(' '))
          const left = all.filter((arn) => !there.includes(arn))
          if (all.length === 0) return 'no balancer and no group is manageable here'
          return left.length === 0 ? undefined : `not yet: ${left.join(', ')}`
        },
      },
      undo: () => 'npm run runbook -- return-to-zone with the same zone',
    },
  ],
  after: 'Fleet falls by a third and comes back in the two other zones. return-to-zone ends it early.',
}

export const returnToZone: Runbook = {
  name: 'return-to-zone',
  when: 'The zone that leave-zone left is well again.',
  inputs: { zone: { says: 'id of the zone', pattern: /^[a-z]{3,4}\d-az\d$/ } },
  steps: [
    {
      say: 'End the shifts away from the zone',
      commands: async (run) =>
        (await shifted(run)).map(({ zonalShiftId }) =>
          program([...shift(run), 'cancel-zonal-shift', '--zonal-shift-id', zonalShiftId]),
        ),
      check: {
        say: 'none is left',
        missing: async (run) => {
          const left = await shifted(run)
          return left.length === 0 ? undefined : `${left.length} are active`
        },
      },
      undo: () => 'npm run runbook -- leave-zone with the same zone',
    },
  ],
  after: 'Fleet spreads over three zones again as instances are replaced.',
}
