import { observe, type Places } from '../why/observe.ts'
import { observeStage, stagePeriods } from '../why/stage/observe-stage.ts'
import type { StageReaders } from '../why/stage/stage-readers.ts'
import type { ObservedBudgets } from './observed-budgets.ts'
import { type ConsoleState, consoleState } from './state.ts'

const seconds = 60

/** Time between the two scrapes of each origin, in ms. */
const scrapesMs = 1_000

/**
 * Observes a stack on this machine. Takes about a second.
 *
 * @param budgets reads the error budgets, which may be older than the rest
 */
export async function observeState(
  places: Places,
  budgets: () => Promise<ObservedBudgets>,
): Promise<ConsoleState> {
  const [{ signs, lines }, spent] = await Promise.all([
    observe(places, { windowMs: seconds * 1_000, scrapesMs }),
    budgets(),
  ])
  return consoleState(signs, lines, { place: 'this machine', nowMs: Date.now(), seconds, budgets: spent })
}

/** Observes a deployed stage, with some seconds for the query of its log. Figures are one to two minutes old. */
export async function observeStageState(
  stage: string,
  { places, aws, cloudflare }: StageReaders,
  budgets: () => Promise<ObservedBudgets>,
): Promise<ConsoleState> {
  const [{ signs, lines }, groups, edgeVersions, spent] = await Promise.all([
    observeStage(places, { aws, cloudflare }),
    // A failure that they share with the signs is reported there.
    aws.groups().catch(() => []),
    cloudflare.versions(places.worker).catch(() => []),
    budgets(),
  ])
  return consoleState(signs, lines, {
    ...{
      place: `stage ${stage}`,
      nowMs: Date.now(),
      seconds: stagePeriods.windowMs / 1_000,
      stepSeconds: 60,
    },
    deployment: { groups, edgeVersions },
    budgets: spent,
  })
}
